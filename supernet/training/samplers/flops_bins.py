"""Uniform over MACs instead of over choices (SN-Netv2, arXiv:2307.00154)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from supernet.training.samplers._bands import band_edges, draw_between, open_band
from supernet.training.samplers._sampler import Sampler, Step, Subnet


@dataclass(frozen=True)
class FlopsBins(Sampler):
    """Draw one of ``bins`` equal bins of MACs, then a network in it; ``subnets`` times.

    Uniform choices crowd in the middle of the MACs; this trains the ends as often. With ``rising`` the probability of a
    bin rises linearly with its index.
    """

    bins: Annotated[int, Field(ge=1)] = 8
    subnets: Annotated[int, Field(ge=1)] = 1
    rising: bool = False

    def draw(self, step: Step) -> list[Subnet]:
        edges = band_edges(step, self.bins)
        weights = np.arange(1, self.bins + 1) if self.rising else np.ones(self.bins)
        drawn = step.rng.choice(self.bins, self.subnets, p=weights / weights.sum())
        return [Subnet(draw_between(step, *open_band(int(index), edges))) for index in drawn]
