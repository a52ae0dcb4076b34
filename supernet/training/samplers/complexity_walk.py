"""Complexity-aware and performance-aware sampling (ElasticViT, arXiv:2303.09730)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from search_spaces import Architecture
from search_spaces.composition import compose
from supernet.training.samplers._bands import band_edges, draw_between
from supernet.training.samplers._draw import at_share, uniform
from supernet.training.samplers._sampler import Sampler, Step, Subnet


@dataclass(frozen=True)
class ComplexityWalk(Sampler):
    """``random`` networks of one level of MACs, which moves by one at most from step to step, and a small one.

    Gradients of networks of very different size conflict, so a step trains networks of about equal MACs: those of a
    level are in the middle ``window`` (share) of its band. The small network is the smallest of the level's region: the
    levels fall into ``minima`` regions, and region r has its sizes at r / minima of their lists, so minima are nested.
    Each level keeps its ``bank`` best networks so far; a network comes from there with probability ``reuse`` at first
    and ``growth`` more at the end, the likelier the lower its loss was. The banks start anew when the space opens.
    """

    levels: Annotated[int, Field(ge=1)] = 8
    window: Annotated[float, Field(gt=0, le=1)] = 0.5
    random: Annotated[int, Field(ge=1)] = 3
    minima: Annotated[int, Field(ge=1)] = 3
    bank: Annotated[int, Field(ge=1)] = 50
    reuse: Annotated[float, Field(ge=0, le=1)] = 0.2
    growth: Annotated[float, Field(ge=0, le=1)] = 0.6

    def draw(self, step: Step) -> list[Subnet]:
        if step.memory.get("space") != step.space.digest:
            start = int(step.rng.integers(self.levels))
            step.memory.update(space=step.space.digest, level=start, banks=[[] for _ in range(self.levels)])
        else:
            moved = step.memory["level"] + int(step.rng.integers(-1, 2))
            step.memory["level"] = min(max(moved, 0), self.levels - 1)
        level = step.memory["level"]
        bank, window = step.memory["banks"][level], self.accepted(step, level)
        networks = [self._network(step, bank, window) for _ in range(self.random)]
        return [*map(Subnet, networks), self._smallest(step, level)]

    def observe(self, step: Step, subnets: Sequence[Subnet], losses: Sequence[float]) -> None:
        level = step.memory["level"]
        low, high = self.accepted(step, level)
        for subnet, loss in zip(subnets, losses, strict=True):
            if subnet.role == "random" and low <= step.macs(subnet.architecture) <= high:
                genes = step.space.encode(subnet.architecture).tolist()
                step.memory["banks"][level] = self._kept(step.memory["banks"][level], genes, loss)

    def accepted(self, step: Step, level: int) -> tuple[float, float]:
        """Return the lowest and highest MACs of the networks of a level."""
        low, high = band_edges(step, self.levels)[level : level + 2]
        middle, half = (low + high) / 2, self.window * (high - low) / 2
        return middle - half, middle + half

    def _network(self, step: Step, bank: list[Any], window: tuple[float, float]) -> Architecture:
        """Draw a network of the bank, or a new one whose MACs are in the window."""
        if not bank or step.rng.random() >= self.reuse + self.growth * step.done:
            return draw_between(step, *window)
        scores = -np.array([loss for loss, _ in bank])
        chances = np.exp(scores - scores.max())
        _, genes = bank[int(step.rng.choice(len(bank), p=chances / chances.sum()))]
        return step.space.decode(genes)

    def _smallest(self, step: Step, level: int) -> Subnet:
        region = level * self.minima // self.levels
        return Subnet(compose(step.space, at_share(region / self.minima, uniform(step.rng))), "smallest")

    def _kept(self, bank: list[Any], genes: list[int], loss: float) -> list[Any]:
        """Return the best of a bank of (loss, genes) and a network, whose new loss takes the place of an older one."""
        others = [entry for entry in bank if entry[1] != genes]
        return sorted([*others, [loss, genes]])[: self.bank]
