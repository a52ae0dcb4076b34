"""Weights that are sums of other weights, and channels that only move."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional as F

from supernet.branches import DepthwiseBranches
from supernet.hypercomplex import kronecker
from supernet.network import freeze
from tests.conftest import randomise
from tests.supernet.operators.alone import frozen_operator, maps


@torch.no_grad()
@pytest.mark.parametrize(("inputs", "outputs"), [(6, 12), (6, 9), (6, 6), (6, 4)])
def test_depthwise_branches_repeat_channels_and_merge(inputs: int, outputs: int) -> None:
    module = DepthwiseBranches(6, 12, 7, 3, stride=2)
    module.configure(inputs, outputs, 5, 3)
    plain: Any = freeze(module).eval().double()
    randomise(plain)
    x = maps(inputs, 9)
    y = plain(x)
    assert y.shape == (2, outputs, 5, 5)
    source = x[:, torch.arange(outputs) * inputs // outputs]
    large = F.conv2d(source, plain.conv.weight, None, 2, 2, groups=outputs)
    small = F.conv2d(source, plain.branch.weight, None, 2, 1, groups=outputs)
    torch.testing.assert_close(y, plain.norm(large) + plain.branch_norm(small))
    torch.testing.assert_close(plain.merged()(x), y)


@torch.no_grad()
def test_kronecker_products_are_torchs() -> None:
    generator = torch.Generator().manual_seed(0)
    algebra, filters = torch.randn(4, 4, 4, generator=generator), torch.randn(4, 3, 2, 1, 1, generator=generator)
    want = sum(torch.kron(algebra[s], filters[s, :, :, 0, 0]) for s in range(4))
    torch.testing.assert_close(kronecker(algebra, filters)[:, :, 0, 0], want)


@torch.no_grad()
def test_shift_moves_a_share_in_each_direction_and_leaves_the_rest() -> None:
    x = maps(8, 4)
    y = frozen_operator("shift", 8, 4, directions=4, distance=1, share=0.125)(x)
    torch.testing.assert_close(y[:, 0, :, :-1], x[:, 0, :, 1:])
    torch.testing.assert_close(y[:, 1, :, 1:], x[:, 1, :, :-1])
    torch.testing.assert_close(y[:, 2, :-1], x[:, 2, 1:])
    torch.testing.assert_close(y[:, 3, 1:], x[:, 3, :-1])
    torch.testing.assert_close(y[:, 4:], x[:, 4:])
    edges = (y[:, 0, :, -1], y[:, 1, :, 0], y[:, 2, -1], y[:, 3, 0])
    assert all(not edge.any() for edge in edges)
