"""Attentive sampling: the best or the worst of several networks of equal MACs (AttentiveNAS, arXiv:2011.09011)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from search_spaces import Architecture
from supernet.training.samplers._bands import band_edges, band_of, draw_between
from supernet.training.samplers._sampler import Sampler, Step, Subnet


@dataclass(frozen=True)
class Attentive(Sampler):
    """The sandwich whose ``random`` networks are each the best (or worst) of ``candidates`` of one bin of MACs.

    The bin is that of a network drawn uniformly, so bins come as often as their networks. Candidates are scored by
    their loss on the images of the step: ``candidates`` more forward passes for each random network.
    """

    has_largest: ClassVar[bool] = True
    prefer: Literal["best", "worst"] = "best"
    random: Annotated[int, Field(ge=1)] = 2
    candidates: Annotated[int, Field(ge=1)] = 3
    bins: Annotated[int, Field(ge=1)] = 8

    def draw(self, step: Step) -> list[Subnet]:
        edges = band_edges(step, self.bins)
        smallest = Subnet(step.space.smallest(step.rng), "smallest")
        attended = [Subnet(self._attend(step, edges)) for _ in range(self.random)]
        return [Subnet(step.space.largest(), "largest"), smallest, *attended]

    def _attend(self, step: Step, edges: list[float]) -> Architecture:
        first = step.space.sample(step.rng)
        band = band_of(step.macs(first), edges)
        others = [draw_between(step, *band) for _ in range(self.candidates - 1)]
        return (min if self.prefer == "best" else max)([first, *others], key=step.loss)
