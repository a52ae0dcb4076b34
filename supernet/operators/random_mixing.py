"""Mixing of positions by a frozen random matrix (arXiv:2210.13452)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.operators._module import OperatorModule, Place


class RandomMixing(OperatorModule):
    """Multiplies the L = H * W positions of [N, C, H, W] with a matrix [L, L] whose rows are positive and sum to 1.

    It is a parameter that is not trained, so it counts among the weights. The matrix belongs to the side that
    the module is built for; a smaller map uses the rows and columns of the top left corner, normalised again.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.grid = self.active = self.sides
        positions = self.grid[0] * self.grid[1]
        self.matrix = nn.Parameter(torch.rand(positions, positions).softmax(-1), requires_grad=False)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.active = self.sides

    def prune(self) -> None:
        """Forget the positions beyond the active side; called on a frozen copy."""
        self.matrix = nn.Parameter(self._matrix(*self.active).detach().clone(), requires_grad=False)
        self.grid = self.active

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.flatten(2).transpose(1, 2)
        mixed = torch.matmul(self._matrix(x.shape[2], x.shape[3]), tokens)
        return mixed.transpose(1, 2).unflatten(2, x.shape[2:])

    def _matrix(self, height: int, width: int) -> Tensor:
        if (height, width) == self.grid:
            return self.matrix
        corner = self.matrix.unflatten(1, self.grid).unflatten(0, self.grid)[:height, :width, :height, :width]
        weights = corner.flatten(2).flatten(0, 1)
        return weights / weights.sum(1, keepdim=True)


MODULE = RandomMixing
