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
    """A prefix of every dimension is active; of the last ``centred`` dimensions (odd sides) the centre instead.

    It is drawn with standard deviation ``std``, or holds ``fill`` everywhere.
    """

    def __init__(self, shape: tuple[int, ...], centred: int = 0, *, std: float = 0.0, fill: float = 0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.full(shape, fill))
        if std:
            nn.init.trunc_normal_(self.weight, std=std)
        self.full, self.shape, self.centred = shape, shape, centred

    def configure(self, *shape: int) -> None:
        """Choose the active sides."""
        self.shape = shape

    def forward(self) -> Tensor:
        """Return the active slice."""
        slices = []
        for axis, (full, side) in enumerate(zip(self.full, self.shape, strict=True)):
            start = (full - side) // 2 if axis >= len(self.full) - self.centred else 0
            slices.append(slice(start, start + side))
        return self.weight[tuple(slices)]

    def frozen(self) -> nn.Module:
        table = Table(self.shape)
        with torch.no_grad():
            table.weight.copy_(self())
        return table
