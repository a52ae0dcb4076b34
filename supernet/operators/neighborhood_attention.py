"""Self-attention of every position to those around it (arXiv:2204.07143, 2209.15001)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from search_spaces import OpConfig
from supernet.operators._heads import BiasedHeads, HeadMixer, attend


class Neighbours(NamedTuple):
    """The neighbours [size, kernel] of every position of an axis.

    ``index`` are their positions, ``offset`` their distances in steps of the dilation.
    """

    index: Tensor
    offset: Tensor


def neighbours(size: int, kernel: int, dilation: int, device: torch.device) -> Neighbours:
    """Return the ``kernel`` nearest positions to each one, of those that are multiples of ``dilation`` away."""
    dilation = min(dilation, size)
    kernel = min(kernel, size // dilation)
    position = torch.arange(size, device=device)
    step, remainder = position // dilation, position % dilation
    # Positions of equal remainder are a line of their own; the lines of the last remainders can be one shorter.
    length = (size - 1 - remainder) // dilation + 1
    first = torch.minimum((step - kernel // 2).clamp(min=0), length - kernel)
    steps = first[:, None] + torch.arange(kernel, device=device)
    return Neighbours(steps * dilation + remainder[:, None], steps - step[:, None])


class _NeighborhoodHeads(BiasedHeads):
    """Every query meets the keys of its neighbours."""

    side = "kernel"

    def __init__(self, width: int, configs: Sequence[OpConfig]):
        super().__init__(width, configs)
        self.kernel, self.dilation = 1, 1

    def configure(self, config: OpConfig, width: int) -> None:
        super().configure(config, width)
        self.kernel, self.dilation = config["kernel"], config["dilation"]

    def forward(self, x: Tensor) -> Tensor:
        count, _, height, width = x.shape
        rows, columns = (neighbours(size, self.kernel, self.dilation, x.device) for size in (height, width))
        near = (rows.index[:, None, :, None] * width + columns.index[:, None]).flatten()
        query, key, value = (t.permute(0, 2, 3, 1).flatten(1, 2) for t in self.qkv(x))
        # Every query with its neighbours is a group of its own: [N * H * W, 1 or neighbours, C].
        query = query.flatten(0, 1)[:, None]
        key, value = (t.index_select(1, near).unflatten(1, (height * width, -1)).flatten(0, 1) for t in (key, value))
        mask = self._mask(rows.offset, columns.offset, count) if self.use_bias else None
        y = attend(query, key, value, self.count, mask)
        return y.flatten(1).unflatten(0, (-1, height, width)).permute(0, 3, 1, 2)

    def _mask(self, rows: Tensor, columns: Tensor, count: int) -> Tensor:
        """Return the relative bias [N * H * W, heads, 1, neighbours] of offsets [H, k] and [W, k]."""
        every = torch.broadcast_tensors(rows[:, None, :, None], columns[:, None])
        bias = self.bias_of(*every).flatten(3, 4).flatten(1, 2).transpose(0, 1)[:, :, None]
        return bias.expand(count, *bias.shape).flatten(0, 1)


class NeighborhoodAttention(HeadMixer):
    """[N, width, H, W] to the same shape, at any H and W.

    With dilation d a position attends to those of equal remainder by d along each axis, the kernel nearest ones.
    At the border these are no longer around it: the window moves inside the map, so that every query has as many
    keys. An axis shorter than kernel * dilation has as many neighbours as the shortest line of equal remainders.
    """

    heads = _NeighborhoodHeads


MODULE = NeighborhoodAttention
