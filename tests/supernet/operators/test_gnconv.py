"""Recursive gated convolution against the authors' order of channels; its global filter against numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from search_spaces.architecture import op_config
from supernet.fourier import GlobalFilter
from tests.operator_cases import Case
from tests.supernet import test_operators as contract
from tests.supernet.operators.one import maps, operator

FOURIER = Case(
    "mixer",
    tuple(
        op_config("mixer", {"op": "gnconv", "order": order, "kernel": kernel}, "gnconv")
        for order, kernel in ((1, 0), (3, 0), (2, 0), (3, 5))
    ),
)


def published(module: Any, x: Tensor, order: int) -> Tensor:
    """Follow the paper: first the smallest group; our channels stand the other way round."""
    groups = [x.shape[1] >> i for i in reversed(range(order))]
    y = F.conv2d(x, module.expand.weight.flip(0), module.expand.bias.flip(0))
    first, spread = y[:, : groups[0]], y[:, groups[0] :]
    spread = globally(module.filter, spread) if module.filter is not None else locally(module.local, spread)
    parts = torch.split(spread / 3, groups, dim=1)
    y = first * parts[0]
    for step in range(1, order):
        widen = module.widen[order - 1 - step]
        y = F.conv2d(y, widen.weight.flip(0, 1), widen.bias.flip(0)) * parts[step]
    return F.conv2d(y, module.project.weight.flip(1), module.project.bias)


def locally(conv: Any, x: Tensor) -> Tensor:
    bias = None if conv.bias is None else conv.bias.flip(0)
    return F.conv2d(x, conv.weight.flip(0), bias, padding=conv.padding, groups=x.shape[1])


def globally(layer: Any, x: Tensor) -> Tensor:
    near, wide = normed(layer.before, x).chunk(2, dim=1)
    weight = layer.filter.weight.flip(0).numpy()
    spectrum = np.fft.rfft2(wide.numpy(), norm="ortho") * (weight[..., 0] + 1j * weight[..., 1])
    wide = torch.from_numpy(np.fft.irfft2(spectrum, s=x.shape[2:], norm="ortho"))
    near = locally(layer.local, near)
    return normed(layer.after, torch.stack((near, wide), 2).flatten(1, 2))


def normed(norm: Any, x: Tensor) -> Tensor:
    y = (x - x.mean(1, keepdim=True)) / (x.var(1, keepdim=True, unbiased=False) + 1e-6).sqrt()
    return y * norm.weight.flip(0).view(1, -1, 1, 1) + norm.bias.flip(0).view(1, -1, 1, 1)


@pytest.mark.parametrize(("order", "kernel", "side"), [(1, 3, 6), (2, 5, 6), (4, 3, 5), (1, 0, 6), (3, 0, 7)])
@torch.no_grad()
def test_equals_the_published_form(order: int, kernel: int, side: int) -> None:
    width = 16
    module, x = operator("gnconv", width, side, order=order, kernel=kernel), maps(width, side)
    torch.testing.assert_close(module(x), published(module, x, order), rtol=1e-9, atol=1e-9)


def test_contract_with_a_global_filter() -> None:
    contract.test_shape_and_gradients(FOURIER)
    contract.test_frozen_equals_active_and_merged_equals_both(FOURIER)
    contract.test_macs_equal_torchs_counter(FOURIER)


@torch.no_grad()
def test_filter_of_another_size_is_interpolated() -> None:
    """A constant filter multiplies by its constant at any size; the corners keep their frequencies."""
    layer, x = GlobalFilter(2, 8, 8).double(), torch.randn(1, 2, 5, 6, dtype=torch.float64)
    layer.weight[..., 0], layer.weight[..., 1] = 3.0, 0.0
    torch.testing.assert_close(layer(x), 3 * x)
