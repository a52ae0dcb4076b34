"""A learned tensor that is used as it is: embeddings, temperatures, position biases."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from supernet.elastic import Elastic


class Table(nn.Module):
    """A learned tensor."""

    def __init__(self, shape: tuple[int, ...]):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape))

    def forward(self) -> Tensor:
        """Return it."""
        return self.weight


class ElasticTable(Elastic):
    """A prefix of every dimension is active.

    Of the last ``centred`` dimensions (odd sides) it is the centre instead; the last ``spread`` dimensions, which
    are positions of a map, are sampled evenly. It is drawn with standard deviation ``std``, or holds ``fill``.
    """

    def __init__(
        self, shape: tuple[int, ...], *, centred: int = 0, spread: int = 0, std: float = 0.0, fill: float = 0.0
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.full(shape, fill))
        if std:
            nn.init.trunc_normal_(self.weight, std=std)
        self.full, self.shape, self.centred, self.spread = shape, shape, centred, spread

    def configure(self, *shape: int) -> None:
        """Choose the active sides."""
        self.shape = shape

    def forward(self) -> Tensor:
        """Return the active slice."""
        weight, last = self.weight, len(self.full)
        for axis, (full, side) in enumerate(zip(self.full, self.shape, strict=True)):
            if side == full:
                continue
            if axis >= last - self.spread:
                weight = weight.index_select(axis, torch.arange(side, device=weight.device) * full // side)
            else:
                weight = weight.narrow(axis, (full - side) // 2 if axis >= last - self.centred else 0, side)
        return weight

    def frozen(self) -> nn.Module:
        table = Table(self.shape)
        with torch.no_grad():
            table.weight.copy_(self())
        return table
