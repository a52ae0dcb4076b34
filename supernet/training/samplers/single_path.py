"""Single path, one-shot, uniform (SPOS, arXiv:1904.00420)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from supernet.training.samplers._sampler import Sampler, Step, Subnet


@dataclass(frozen=True)
class SinglePath(Sampler):
    """``subnets`` networks drawn uniformly, one in the paper."""

    subnets: Annotated[int, Field(ge=1)] = 1

    def draw(self, step: Step) -> list[Subnet]:
        return [Subnet(step.space.sample(step.rng)) for _ in range(self.subnets)]
