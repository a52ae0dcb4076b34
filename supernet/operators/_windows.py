"""Cutting maps of any side into groups of tokens, and putting them together again."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F


class Axis(NamedTuple):
    """One axis of ``size`` positions as ``outer`` runs of ``inner`` neighbours.

    They cover outer * inner >= size positions; the last ones may be padding, but no run and no place in a run is
    padding alone.
    """

    size: int
    outer: int
    inner: int

    @property
    def padding(self) -> int:
        """Positions after the last one of the map."""
        return self.outer * self.inner - self.size

    def real(self, device: torch.device) -> Tensor:
        """Return which places [outer, inner] are positions of the map."""
        return (torch.arange(self.outer * self.inner, device=device) < self.size).view(self.outer, self.inner)


def runs(size: int, length: int) -> Axis:
    """Return an axis in runs of ``length`` (of the whole axis, where it is shorter)."""
    length = min(length, size)
    return Axis(size, -(-size // length), length)


class Windows(NamedTuple):
    """Groups of tokens on a map: a run of rows by one of columns each, or (``grid``) the same place in all runs."""

    rows: Axis
    columns: Axis
    grid: bool = False

    @property
    def groups(self) -> tuple[int, int]:
        """Groups along rows and columns."""
        return (self.rows.inner, self.columns.inner) if self.grid else (self.rows.outer, self.columns.outer)

    @property
    def tokens(self) -> tuple[int, int]:
        """Rows and columns of one group."""
        return (self.rows.outer, self.columns.outer) if self.grid else (self.rows.inner, self.columns.inner)

    @property
    def padded(self) -> bool:
        """Whether some tokens are padding."""
        return bool(self.rows.padding or self.columns.padding)

    def split(self, x: Tensor) -> Tensor:
        """Return the groups [N * groups, tokens, C] of a map [N, C, H, W]; padding is zero."""
        x = x.permute(0, 2, 3, 1)
        if self.padded:
            x = F.pad(x, (0, 0, 0, self.columns.padding, 0, self.rows.padding))
        x = x.unflatten(2, self.columns[1:]).unflatten(1, self.rows[1:])
        # [N, outer rows, inner rows, outer columns, inner columns, C]
        x = x.permute(0, 2, 4, 1, 3, 5) if self.grid else x.permute(0, 1, 3, 2, 4, 5)
        return x.flatten(3, 4).flatten(0, 2)

    def join(self, x: Tensor) -> Tensor:
        """Return the map [N, C, H, W] of groups [N * groups, tokens, C]: the inverse of `split`."""
        x = x.unflatten(1, self.tokens).unflatten(0, (-1, *self.groups))
        x = x.permute(0, 3, 1, 4, 2, 5) if self.grid else x.permute(0, 1, 3, 2, 4, 5)
        x = x.flatten(3, 4).flatten(1, 2)
        return x[:, : self.rows.size, : self.columns.size].permute(0, 3, 1, 2)

    def real(self, device: torch.device) -> Tensor:
        """Return which tokens [groups, tokens] are positions of the map."""
        rows, columns = self.rows.real(device), self.columns.real(device)
        if self.grid:
            rows, columns = rows.T, columns.T
        return (rows[:, None, :, None] & columns[None, :, None, :]).flatten(2, 3).flatten(0, 1)
