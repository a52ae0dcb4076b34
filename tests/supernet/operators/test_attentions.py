"""Attention and its relatives against loops over heads, positions and channels."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from search_spaces.architecture import op_config
from supernet.operators import MODULES, Place
from tests.conftest import randomise
from tests.supernet.operators.alone import depthwise, frozen_operator, maps, pointwise


def attended(query: Tensor, key: Tensor, value: Tensor, heads: int) -> Tensor:
    """Softmax attention of maps [N, C, H, W], one head and image after the other."""
    y = torch.empty_like(value)
    width = query.shape[1] // heads
    for n in range(query.shape[0]):
        for head in range(heads):
            share = slice(head * width, (head + 1) * width)
            q, k, v = (part[n, share].reshape(width, -1) for part in (query, key, value))
            scores = (q.T @ k / width**0.5).softmax(1)
            y[n, share] = (v @ scores.T).reshape(width, *y.shape[2:])
    return y


@pytest.mark.parametrize("kernel", [0, 3])
@torch.no_grad()
def test_attention_is_that_of_a_loop_over_heads(kernel: int) -> None:
    module = frozen_operator("attention", 12, 5, heads=3, head_width=6, qkv_bias=True, bias=True, value_kernel=kernel)
    x = maps(12, 5)
    query, key, value = (pointwise(conv, x) for conv in module.heads.qkv.convs)
    y = attended(query, key, value, 3)
    if kernel:
        y = y + depthwise(module.heads.local, value)
    torch.testing.assert_close(module(x), pointwise(module.project, y))


@torch.no_grad()
def test_fewer_heads_are_the_first_ones() -> None:
    few, many = (
        op_config("mixer", {"op": "attention", "heads": heads, "head_width": 4}, "attention") for heads in (2, 3)
    )
    module: Any = MODULES["attention"](Place(8, 8, 1, 4), [few, many]).eval()
    randomise(module)
    module.configure(few, 8, 8)
    x = maps(8, 4).float()
    maps_of_heads = [pointwise(conv, x)[:, :8] for conv in module.heads.qkv.convs]
    weight = module.project.weight[:, :8, 0, 0]
    expected = torch.einsum("oc,nchw->nohw", weight, attended(*maps_of_heads, heads=2))
    torch.testing.assert_close(module(x), expected, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_conv_additive_attn_is_its_formula() -> None:
    module = frozen_operator("conv_additive_attn", 6, 5, kernel=3, qkv_bias=True)
    x, mixed = maps(6, 5), module.mixed
    query, key, value = (pointwise(conv, x) for conv in mixed.qkv.convs)

    def gated(gates: Any, x: Tensor) -> Tensor:
        local = gates.local.norm(depthwise(gates.local.conv, x)).clamp(min=0)
        x = x * torch.sigmoid(pointwise(gates.position, local))
        return x * torch.sigmoid(pointwise(gates.channel, x.mean((2, 3), keepdim=True)))

    added = gated(mixed.query_gate, query) + gated(mixed.key_gate, key)
    expected = depthwise(module.project, depthwise(mixed.join, added) * value)
    torch.testing.assert_close(module(x), expected)


@torch.no_grad()
def test_random_mixing_is_a_mean_over_positions_and_is_not_trained() -> None:
    torch.manual_seed(0)
    config = op_config("mixer", {"op": "random_mixing"}, "random_mixing")
    module = MODULES["random_mixing"](Place(3, 3, 1, 4), [config])
    matrix = module.get_parameter("matrix")
    assert not matrix.requires_grad and matrix.shape == (16, 16) and matrix.min() > 0
    torch.testing.assert_close(matrix.sum(1), torch.ones(16))
    x = maps(3, 4).float()
    expected = torch.einsum("mn,bcn->bcm", matrix, x.flatten(2)).reshape(x.shape)
    torch.testing.assert_close(module(x), expected)


@torch.no_grad()
def test_random_mixing_of_a_smaller_map_mixes_its_own_positions() -> None:
    torch.manual_seed(0)
    config = op_config("mixer", {"op": "random_mixing"}, "random_mixing")
    module = MODULES["random_mixing"](Place(3, 3, 1, 4), [config])
    matrix, x = module.get_parameter("matrix"), maps(3, 2).float()
    kept = [4 * row + column for row in range(2) for column in range(2)]
    part = matrix[kept][:, kept]
    expected = torch.einsum("mn,bcn->bcm", part / part.sum(1, keepdim=True), x.flatten(2)).reshape(x.shape)
    torch.testing.assert_close(module(x), expected)
