"""A learning rate of each architecture's own (principled scaling, arXiv:2402.17440)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import Annotated

from pydantic import Field

from search_spaces import Architecture, OpConfig, SearchSpace
from search_spaces.operators import OPERATORS
from supernet.training.samplers import Subnet
from supernet.training.schedules._schedule import Price, Schedule


@dataclass(frozen=True)
class PrincipledScaling(Schedule):
    """The factor (depth / depth of the smallest network)^-3/2 times the mean of ``base_kernel`` / kernel.

    The paper sums depth^3 over all paths from input to output, a sum that doubles with every residual block; a
    network is one path here, on which a block counts once (as the effective depth of arXiv:2602.07494 has it).
    Mixers without a trained kernel count as ``base_kernel``.
    """

    base_kernel: Annotated[int, Field(ge=1)] = 3

    def opened(self, space: SearchSpace, done: float) -> SearchSpace | None:
        return space

    def factor(self, subnet: Subnet, space: SearchSpace, done: float, macs: Price) -> float:
        deeper = _depth(subnet.architecture) / _depth(space.smallest())
        mixers = (block.mixer for stage in subnet.architecture.stages for block in stage.blocks)
        return deeper**-1.5 * self._kernels(mixers)

    def _kernels(self, mixers: Iterable[OpConfig]) -> float:
        """Return the mean of base kernel / kernel; 1 for a network without blocks."""
        sides = [m["kernel"] if "kernel" in OPERATORS[m.op].elastic else self.base_kernel for m in mixers]
        return fmean(self.base_kernel / max(1, side) for side in sides) if sides else 1.0


def _depth(architecture: Architecture) -> int:
    """Return the layers on the way through a network: stem, downsamplings, blocks, head."""
    return 2 + sum((stage.downsample is not None) + len(stage.blocks) for stage in architecture.stages)
