"""Time-delay operators against one-dimensional functions and naive statistics."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from search_spaces.architecture import op_config
from supernet.operators import MODULES, Place
from supernet.operators.statistics_head import statistics
from tests.conftest import randomise
from tests.supernet.operators.alone import frozen_operator


def delayed(layer: Any, x: Tensor, dilation: int = 1) -> Tensor:
    """norm(relu(conv(x))) of x [N, C, T] from the weights of a frozen layer."""
    weight, norm = layer.conv.weight.squeeze(2), layer.norm
    y = F.relu(F.conv1d(x, weight, layer.conv.bias, 1, dilation * (weight.shape[-1] // 2), dilation))
    return F.batch_norm(y, norm.running_mean, norm.running_var, norm.weight, norm.bias)


@torch.no_grad()
def test_tdnn_is_a_dilated_one_dimensional_convolution() -> None:
    module = frozen_operator("tdnn", 4, 30, sequence=True, kernel=5, dilation=3)
    x = torch.randn(2, 4, 1, 30, dtype=torch.float64)
    torch.testing.assert_close(module(x).squeeze(2), delayed(module.layer, x.squeeze(2), 3))


@torch.no_grad()
def test_smaller_kernels_are_the_centre() -> None:
    configs = [op_config("mixer", {"op": "tdnn", "kernel": kernel}, "") for kernel in (5, 3, 1)]
    module: Any = MODULES["tdnn"](Place(4, 4, 1, 20, sequence=True), configs)
    randomise(module)
    full = module.layer.conv.weight
    for config, cut in zip(configs, (0, 1, 2), strict=True):
        module.configure(config, 4, 4)
        torch.testing.assert_close(module.layer.conv.active()[0], full[:, :, :, cut : 5 - cut])


@pytest.mark.parametrize("parts", [1, 2, 4])
@torch.no_grad()
def test_res2_tdnn_is_a_cascade_over_parts(parts: int) -> None:
    module = frozen_operator("res2_tdnn", 8, 30, sequence=True, parts=parts, kernel=3, dilation=2, reduction=2)
    x = torch.randn(2, 8, 30, dtype=torch.float64)
    inner = delayed(module.first, x)
    outputs = inner.clone()
    before = torch.zeros(())
    for i in range(max(1, parts - 1)):
        before = delayed(module.cascade[i], inner[:, i::parts] + before, 2)
        outputs[:, i::parts] = before
    y = delayed(module.last, outputs)
    squeeze, excite = module.attention.squeeze.conv, module.attention.excite.conv
    hidden = F.relu(F.linear(y.mean(2), squeeze.weight[:, :, 0, 0], squeeze.bias))
    weights = F.linear(hidden, excite.weight[:, :, 0, 0], excite.bias).sigmoid()
    torch.testing.assert_close(module(x.unsqueeze(2)).squeeze(2), x + y * weights.unsqueeze(2))


def test_statistics() -> None:
    x = torch.randn(2, 3, 50, dtype=torch.float64)
    found = statistics(x, None)
    torch.testing.assert_close(found[:, :3], x.mean(2))
    torch.testing.assert_close(found[:, 3:], x.std(2, correction=0))
    once = torch.zeros(2, 3, 50)
    once[:, :, 7] = 1
    torch.testing.assert_close(statistics(x, once)[:, :3], x[:, :, 7])


def test_statistics_of_a_constant_have_finite_gradients() -> None:
    x = torch.ones(1, 2, 5, requires_grad=True)
    statistics(x, None).sum().backward()
    assert x.grad is not None and torch.isfinite(x.grad).all()
