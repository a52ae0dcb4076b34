"""The oversized convolution as products with matrices that hold a weight for every pair of positions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from tests.supernet.operators.one import maps, operator


def pairs(taps: Tensor, side: int) -> Tensor:
    """Return [C, side, side]: what position j gives to position i, from taps [C, 2 side - 1]."""
    matrix = torch.zeros(len(taps), side, side, dtype=taps.dtype)
    for i in range(side):
        for j in range(side):
            matrix[:, i, j] = taps[:, j - i + side - 1]
    return matrix


@torch.no_grad()
def test_every_position_sees_its_whole_row_and_column() -> None:
    width, side = 4, 6
    module, x = operator("oversized_conv", width, side, kernel=3), maps(width, side)
    y = F.conv2d(x, module.expand.weight, module.expand.bias)
    features, y = y[:, :width], F.gelu(y[:, width:])
    columns = pairs(module.column.weight[:, 0, :, 0], side)
    rows = pairs(module.row.weight[:, 0, 0, :], side)
    far = torch.einsum("cij,ncjk,clk->ncil", columns, y, rows)
    near = F.conv2d(y, module.local.weight, padding=1, groups=width)
    expected = F.conv2d(features * (far + near), module.project.weight)
    torch.testing.assert_close(module(x), expected, rtol=1e-10, atol=1e-10)
