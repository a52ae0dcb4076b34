"""The largest network alone: ordinary training, and the training of one network by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from supernet.training.samplers._sampler import Sampler, Step, Subnet


@dataclass(frozen=True)
class Largest(Sampler):
    """The largest network of the space in every step."""

    has_largest: ClassVar[bool] = True

    def draw(self, step: Step) -> list[Subnet]:
        return [Subnet(step.space.largest(), "largest")]
