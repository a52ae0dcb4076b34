"""Groups of channels moved by a few pixels (arXiv:1711.08141, 2201.10801)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.operators._module import OperatorModule, Place

_DIRECTIONS = ((0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))  # rows, columns


class Shift(OperatorModule):
    """int(width * share) channels move in each direction, the others stay; sequences have two directions."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.offsets: tuple[tuple[int, int], ...] = ()
        self.moved = self.distance = 0

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.distance, self.moved = config["distance"], int(inputs * config["share"])
        directions = _DIRECTIONS[:2] if self.sequence else _DIRECTIONS[: config["directions"]]
        self.offsets = tuple((row * self.distance, column * self.distance) for row, column in directions)

    def forward(self, x: Tensor) -> Tensor:
        count, (height, width) = self.moved * len(self.offsets), x.shape[2:]
        padded = F.pad(x[:, :count], (self.distance,) * 4).split(self.moved, dim=1)
        parts = []
        for part, (row, column) in zip(padded, self.offsets, strict=True):
            top, left = self.distance - row, self.distance - column
            parts.append(part[:, :, top : top + height, left : left + width])
        return torch.cat((*parts, x[:, count:]), dim=1)


MODULE = Shift
