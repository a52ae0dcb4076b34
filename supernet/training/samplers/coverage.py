"""The sandwich with every mixer trained equally often at every place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from search_spaces.composition import compose
from search_spaces.encoding import Key
from supernet.training.samplers._draw import at_share, least_used, uniform
from supernet.training.samplers._sampler import Sampler, Step, Subnet


@dataclass(frozen=True)
class Coverage(Sampler):
    """The largest network, one of the smallest sizes, and ``random`` ones, whose mixers take turns in each block.

    Mixers have private weights, so a mixer that chance drew less often is a mixer trained less. The exposures of the
    mixers of a block differ by one at most (the largest network, the same in each step, aside); a block of a deep
    stage counts where it exists.
    """

    has_largest: ClassVar[bool] = True
    random: Annotated[int, Field(ge=0)] = 2

    def draw(self, step: Step) -> list[Subnet]:
        balanced = least_used(step, _is_mixer, uniform(step.rng))
        smallest = compose(step.space, at_share(0, balanced))
        between = [Subnet(compose(step.space, balanced)) for _ in range(self.random)]
        return [Subnet(step.space.largest(), "largest"), Subnet(smallest, "smallest"), *between]


def _is_mixer(key: Key) -> bool:
    return key[-2:] == ("mixer", "op")
