"""Strict fairness (FairNAS, arXiv:1907.01845)."""

from __future__ import annotations

from dataclasses import dataclass

from search_spaces import SearchSpace
from search_spaces.composition import compose
from search_spaces.encoding import Key
from supernet.training.samplers._draw import least_used, uniform
from supernet.training.samplers._sampler import Sampler, Step, Subnet


@dataclass(frozen=True)
class FairNAS(Sampler):
    """As many single paths a step as the longest list has choices; every choice is used once in each round of its list.

    Lists that depend on no operator: the longest has one round a step, a shorter one starts its next round within the
    step. A list that exists in some networks only (the kernel of one mixer, the blocks of a deep stage) has its
    round over the networks in which it exists.
    """

    def draw(self, step: Step) -> list[Subnet]:
        keys = {dimension.key for dimension in step.space.dimensions}
        choose = least_used(step, keys.__contains__, uniform(step.rng))
        return [Subnet(compose(step.space, choose)) for _ in range(_paths(step.space))]


def _paths(space: SearchSpace) -> int:
    """Return the length of the longest list of choices among those that depend on no operator that is chosen."""
    keys = {dimension.key for dimension in space.dimensions}

    def depends(key: Key) -> bool:
        return key[-1] != "op" and (*key[:-2], "op") in keys

    return max((len(d.choices) for d in space.dimensions if not depends(d.key)), default=1)
