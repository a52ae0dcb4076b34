"""A learned vector for every position (arXiv:2010.11929)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.elastic import Elastic
from supernet.operators._module import OperatorModule, Place


class LearnedPosition(OperatorModule):
    """Returns the map [1, width, S, S] that a block adds to [N, width, S, S], whatever the input.

    The map belongs to the side that the module is built for; for a smaller side it is interpolated (bilinear).
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.positions = _ElasticPositions(place.inputs, self.sides)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.positions.channels, self.positions.grid = inputs, self.sides

    def forward(self, x: Tensor) -> Tensor:
        return self.positions(x)

    def merged(self) -> nn.Module:
        return self.positions


class PositionMap(nn.Module):
    """A learned map [1, C, H, W]."""

    def __init__(self, channels: int, grid: tuple[int, int]):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, channels, *grid))

    def forward(self, x: Tensor) -> Tensor:
        return _at(self.weight, x.shape[2:])


class _ElasticPositions(Elastic):
    """A learned map with a prefix of its channels active."""

    def __init__(self, channels: int, grid: tuple[int, int]):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(1, channels, *grid))
        nn.init.trunc_normal_(self.weight, std=0.02)
        self.channels, self.grid = channels, grid

    def forward(self, x: Tensor) -> Tensor:
        return _at(self.weight[:, : self.channels], x.shape[2:])

    def frozen(self) -> nn.Module:
        positions = PositionMap(self.channels, self.grid)
        with torch.no_grad():
            positions.weight.copy_(_at(self.weight[:, : self.channels], self.grid))
        return positions


def _at(positions: Tensor, grid: Sequence[int]) -> Tensor:
    """Return the map [1, C, H, W] at another height and width."""
    if tuple(positions.shape[2:]) == tuple(grid):
        return positions
    return F.interpolate(positions, tuple(grid), mode="bilinear", align_corners=False)


MODULE = LearnedPosition
