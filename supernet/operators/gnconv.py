"""Recursive gated convolution (arXiv:2207.14284)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.elastic import ElasticConv2d
from supernet.fourier import GlobalLocalFilter
from supernet.operators._module import OperatorModule, Place
from supernet.segments import SegmentedConv2d, SegmentedDepthwiseConv2d

SCALE = 1 / 3  # of the spread channels, as in all published networks


class GnConv(OperatorModule):
    """y = first * last spread group; then, group by group, y = widen(y) * group; at the end 1 x 1.

    One 1 x 1 convolution gives 2 C channels: groups of C, C / 2, ..., C / 2^(order - 1), which a depthwise
    kernel or a global filter spreads over positions, and ``first`` with as many as the smallest group. The
    authors' order of channels is turned round, so that a lower order is a prefix: its ``first`` is the
    smallest group and the ``first`` of the order above.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width, order = place.inputs, max(config["order"] for config in configs)
        groups, kernel = _groups(width, order), max(config["kernel"] for config in configs)
        self.expand = SegmentedConv2d(width, (*groups, 2 * width - sum(groups)))
        self.local = SegmentedDepthwiseConv2d(groups, kernel) if kernel else None
        filtered = any(config["kernel"] == 0 for config in configs)
        self.filter = GlobalLocalFilter(sum(groups), *self.sides) if filtered else None
        self.widen = nn.ModuleList(ElasticConv2d(groups[i + 1], groups[i]) for i in range(order - 1))
        self.project = ElasticConv2d(width, width)
        self.groups, self.use_filter, self.scale = groups, filtered, SCALE

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        groups = self.groups = _groups(inputs, config["order"])
        self.use_filter = config["kernel"] == 0
        self.expand.choose(inputs, (*groups, groups[-1]))
        if self.use_filter and self.filter is not None:
            self.filter.configure(sum(groups))
            self.filter.filter.size = self.sides
        elif self.local is not None:
            self.local.choose(groups, config["kernel"])
        for layer, wide, narrow in zip(self.widen, groups, groups[1:], strict=False):
            widen: Any = layer
            widen.configure(narrow, wide)
        self.project.configure(inputs, outputs)

    def prune(self) -> None:
        """Forget the higher orders and the other way of spreading; called on a frozen copy."""
        self.widen = self.widen[: len(self.groups) - 1]
        self.local, self.filter = (None, self.filter) if self.use_filter else (self.local, None)

    def forward(self, x: Tensor) -> Tensor:
        spread, y = torch.split(self.expand(x), [sum(self.groups), self.groups[-1]], dim=1)
        spread = self._spread(spread)
        *others, last = torch.split(spread if self.scale == 1 else spread * self.scale, list(self.groups), dim=1)
        y = y * last
        for widen, group in reversed(list(zip(self.widen, others, strict=False))):
            y = widen(y) * group
        return self.project(y)

    def _spread(self, x: Tensor) -> Tensor:
        layer = self.filter if self.use_filter else self.local
        assert layer is not None
        return layer(x)

    def merged(self) -> nn.Module:
        """Return itself with the constant factor in the last layer that spreads."""
        last = self.local if self.filter is None else self.filter.after
        assert last is not None and last.bias is not None
        with torch.no_grad():
            last.weight.mul_(self.scale)
            last.bias.mul_(self.scale)
        self.scale = 1
        return self


def _groups(width: int, order: int) -> tuple[int, ...]:
    return tuple(width >> i for i in range(order))


MODULE = GnConv
