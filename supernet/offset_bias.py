"""A bias for each head, query and pooled key, computed by a small network from their offset (arXiv:2311.17132)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from supernet.elastic import ElasticLinear
from supernet.table import Table

_HIDDEN = 512


class OffsetBias(nn.Module):
    """Maps offsets on a logarithmic scale to [heads, H * W, keys]; each different offset is computed once."""

    def __init__(self, heads: int):
        super().__init__()
        self.expand = ElasticLinear(2, _HIDDEN)
        self.project: Any = ElasticLinear(_HIDDEN, heads)
        self.offsets, self.index = "", ""

    def configure(self, sides: tuple[int, int], pool: int, heads: int) -> None:
        """Choose the sides of the map, their ratio to those of the keys, and the number of heads."""
        self.project.outputs = heads
        place = f"{sides[0]}_{sides[1]}_{pool}"
        self.offsets, self.index = f"offsets_{place}", f"index_{place}"
        if self.offsets not in self._buffers:
            offsets, index = _offsets(sides, pooled_sides(sides, pool))
            weight = self.expand.weight
            self.register_buffer(self.offsets, torch.tensor(offsets).to(weight), persistent=False)
            self.register_buffer(self.index, torch.tensor(index, device=weight.device), persistent=False)

    def prune(self) -> None:
        """Forget the offsets of other places; called on a frozen copy."""
        self._buffers = {name: self._buffers[name] for name in (self.offsets, self.index)}

    def table(self) -> Tensor:
        """Return the bias [heads, offsets] of every different offset."""
        return self.project(F.relu(self.expand(getattr(self, self.offsets)))).t()

    def forward(self) -> Tensor:
        return self.table()[:, getattr(self, self.index)]

    def merged(self) -> nn.Module:
        """Return the biases of every different offset as a table."""
        return _KnownBias(self.table().detach(), getattr(self, self.index))


class _KnownBias(nn.Module):
    def __init__(self, table: Tensor, index: Tensor):
        super().__init__()
        self.table = Table(tuple(table.shape))
        self.table.weight = nn.Parameter(table.clone())
        self.register_buffer("index", index, persistent=False)

    def forward(self) -> Tensor:
        return self.table()[:, self.index]


def pooled_sides(sides: tuple[int, int], pool: int) -> tuple[int, int]:
    """Return the sides of a map pooled by a ratio, rounded down, at least 1."""
    return max(1, sides[0] // pool), max(1, sides[1] // pool)


def _offsets(sides: tuple[int, int], pooled: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the different offsets [offsets, 2] and which one [H * W, keys] each query and key have."""
    axes = [np.unique(_along(*axis), return_inverse=True) for axis in zip(sides, pooled, strict=True)]
    (rows, row), (columns, column) = axes
    row, column = row.reshape(sides[0], pooled[0]), column.reshape(sides[1], pooled[1])
    index = row[:, None, :, None] * len(columns) + column[None, :, None, :]
    offsets = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)
    return offsets, index.reshape(sides[0] * sides[1], -1)


def _along(side: int, pooled: int) -> np.ndarray:
    """Return offsets [side, pooled] along an axis: in eighths of it, logarithmic, 1 at 7 eighths.

    A pooled key stands at the mean of the positions of its bin.
    """
    edges = np.arange(pooled + 1) * side
    starts, ends = edges[:-1] // pooled, -(-edges[1:] // pooled)
    distance = (np.arange(side)[:, None] - (starts + ends - 1) / 2) / max(side - 1, 1) * 8
    return (np.sign(distance) * np.log2(np.abs(distance) + 1) / 3).round(12)
