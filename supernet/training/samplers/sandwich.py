"""The sandwich rule (US-Nets, arXiv:1903.05134)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from supernet.training.samplers._sampler import Sampler, Step, Subnet


@dataclass(frozen=True)
class Sandwich(Sampler):
    """The largest network, the smallest, and ``random`` ones between.

    The smallest has the smallest sizes but operators drawn at random, so that operators without weights do not
    crowd out the others in the shared channel mixers. With ``any_largest`` the largest has, too: otherwise the
    operators that the space lists first are trained in every step, and what the mixers of a block share becomes theirs.
    """

    has_largest: ClassVar[bool] = True
    random: Annotated[int, Field(ge=0)] = 2
    any_largest: bool = False

    def draw(self, step: Step) -> list[Subnet]:
        between = [Subnet(step.space.sample(step.rng)) for _ in range(self.random)]
        smallest = Subnet(step.space.smallest(step.rng), "smallest")
        largest = Subnet(step.space.largest(step.rng if self.any_largest else None), "largest")
        return [largest, smallest, *between]
