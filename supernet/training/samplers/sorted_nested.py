"""Nested networks, sorted by size, with accumulated gradients (SortedNet, arXiv:2309.00255)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from search_spaces import Architecture, InputError, SearchSpace
from search_spaces.composition import Choose, compose
from supernet.training.samplers._draw import at_share, remembered, uniform
from supernet.training.samplers._sampler import Sampler, Step, Subnet


@dataclass(frozen=True)
class SortedNested(Sampler):
    """``subnets`` of a chain of ``levels`` networks, each nested in the next; their gradients add up to one update.

    A level has every size (depth, width, kernel, expansion ...) at the same share of its list, so its weights are
    slices of those of the level above. The sizes of the levels are the same in all steps; the operators, which
    all levels share, are drawn anew in each.

    Raises InputError when a step should train more networks than there are levels.
    """

    levels: Annotated[int, Field(ge=2)] = 8
    subnets: Annotated[int, Field(ge=1)] = 4

    def __post_init__(self) -> None:
        if self.subnets > self.levels:
            raise InputError(f"subnets must be at most the {self.levels} levels, found {self.subnets}")

    def draw(self, step: Step) -> list[Subnet]:
        shares = np.linspace(0, 1, self.levels)
        drawn = np.sort(step.rng.choice(self.levels, self.subnets, replace=False))
        operators = uniform(step.rng)
        chain = nested(step.space, [float(shares[i]) for i in drawn], operators)
        return [Subnet(net, "random" if i else "smallest") for i, net in zip(drawn, chain, strict=True)]


def nested(space: SearchSpace, shares: list[float], operators: Choose) -> list[Architecture]:
    """Return the networks whose sizes are at these shares of their lists, with one answer of ``operators`` for all."""
    same = remembered(operators)
    return [compose(space, at_share(share, same)) for share in shares]
