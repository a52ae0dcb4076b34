"""Efficient local attention from its definition, one strip at a time."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.supernet.operators.one import maps, operator


@pytest.mark.parametrize("mixed", [1, 4])
@torch.no_grad()
def test_weights_rows_and_columns(mixed: int) -> None:
    width, side, groups = 8, 6, 2
    module = operator("ela", width, side, kernel=5, mixed=mixed, norm_groups=groups)
    x = maps(width, side)

    def weights(strips: Tensor) -> Tensor:
        y = F.conv1d(strips, module.conv.weight.squeeze(-1), padding=2, groups=width // mixed)
        y = y.unflatten(1, (groups, -1))
        y = (y - y.mean((2, 3), keepdim=True)) / (y.var((2, 3), keepdim=True, unbiased=False) + 1e-5).sqrt()
        return (y.flatten(1, 2) * module.norm.weight.view(1, -1, 1) + module.norm.bias.view(1, -1, 1)).sigmoid()

    expected = x * weights(x.mean(3)).unsqueeze(3) * weights(x.mean(2)).unsqueeze(2)
    torch.testing.assert_close(module(x), expected, rtol=1e-10, atol=1e-10)
