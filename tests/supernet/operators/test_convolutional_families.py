"""Blocks of FFNet, RecNeXt, LSNet, TransNeXt and GLNet against their formulas."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from supernet import deploy
from tests.supernet.operators.alone import depthwise, frozen_operator, maps, pointwise

WIDTH, SIDE = 8, 6


def branches(part: Any, x: Tensor) -> Tensor:
    """A depthwise convolution with its norm and its smaller branch, tap by tap."""
    y = depthwise(part.conv, x)
    y = y if part.norm is None else part.norm(y)
    return y if part.branch is None else y + part.branch_norm(depthwise(part.branch, x))


@torch.no_grad()
@pytest.mark.parametrize("branch", [0, 3])
def test_ffnified_attention(branch: int) -> None:
    module, x = frozen_operator("ffnified_attn", WIDTH, SIDE, k1=5, k2=7, branch=branch), maps(WIDTH, SIDE)
    y = branches(module.first, module.mix.norm(pointwise(module.mix.conv, x)))
    torch.testing.assert_close(module(x), branches(module.second, F.gelu(y)))
    assert [type(layer).__name__ for layer in deploy(module)] == ["Conv2d", "Conv2d", "GELU", "Conv2d"]  # type: ignore


@torch.no_grad()
def test_depthwise_mlp() -> None:
    module, x = frozen_operator("dw_mlp", WIDTH, SIDE, kernel=7, branch=3, expansion=3), maps(WIDTH, SIDE)
    hidden = F.gelu(pointwise(module.mlp.expand, branches(module.depthwise, x)))
    torch.testing.assert_close(module(x), pointwise(module.mlp.project, hidden))


@torch.no_grad()
@pytest.mark.parametrize("mix", ["none", "linear", "mlp"])
def test_depthwise_downsampling(mix: str) -> None:
    module = frozen_operator("dw_down", WIDTH, SIDE, 2 * WIDTH, kernel=7, branch=3, mix=mix, expansion=2)
    x = module.depthwise(maps(WIDTH, SIDE))
    want = {
        "none": lambda: x,
        "linear": lambda: x + pointwise(module.linear.conv, module.linear.norm(x)),
        "mlp": lambda: x + module.mlp.project(F.gelu(module.mlp.expand(x))),
    }[mix]()
    torch.testing.assert_close(module(maps(WIDTH, SIDE)), want)


@torch.no_grad()
def test_distilled_head_is_the_mean_of_two_classifiers() -> None:
    module, x = frozen_operator("distilled_head", WIDTH, SIDE, 10), maps(WIDTH, SIDE)
    pooled = x.mean((2, 3))
    both = [head.linear(head.norm(pooled[..., None, None]).flatten(1)) for head in (module.labels, module.teacher)]
    torch.testing.assert_close(module(x), sum(both) / 2)
    merged = deploy(module)
    assert sum(p.numel() for p in merged.parameters()) == 10 * WIDTH + 10
    torch.testing.assert_close(merged(x), module(x))


@torch.no_grad()
def test_large_kernel_looks_at_half_the_channels() -> None:
    module, x = frozen_operator("ls_conv", WIDTH, SIDE, large=7), maps(WIDTH, SIDE)
    look = module.look
    half = F.relu(look.reduce.norm(pointwise(look.reduce.conv, x)))
    half = look.large.norm(depthwise(look.large.conv, half))
    torch.testing.assert_close(look(x), F.relu(look.mix.norm(pointwise(look.mix.conv, half))))


@torch.no_grad()
def test_convolutional_glu_has_two_thirds_of_an_mlps_channels() -> None:
    module, x = frozen_operator("conv_glu", WIDTH, SIDE, expansion=4), maps(WIDTH, SIDE)
    gate, value = module.expand.convs
    assert gate.out_channels == value.out_channels == 4 * WIDTH * 2 // 3
    want = F.gelu(depthwise(module.depthwise, pointwise(gate, x))) * pointwise(value, x)
    torch.testing.assert_close(module(x), pointwise(module.project, want))


@torch.no_grad()
def test_levit_attention_adds_a_number_per_distance() -> None:
    side, heads = 3, 2
    module = frozen_operator("levit_attn", WIDTH, side, heads=heads, key_width=4, query_kernel=3)
    x = maps(WIDTH, side)
    query, key, value = module.local(module.query(x)), module.key(x), module.value(x)
    query, key, value = (t.flatten(2).unflatten(1, (heads, -1)) for t in (query, key, value))
    scores = torch.einsum("nhdl,nhdm->nhlm", query, key) / 2  # the root of key_width
    places = [(i, j) for i in range(side) for j in range(side)]
    for a, (row, column) in enumerate(places):
        for b, (other_row, other_column) in enumerate(places):
            scores[:, :, a, b] += module.distances()[:, abs(row - other_row), abs(column - other_column)]
    mixed = torch.einsum("nhlm,nhdm->nhdl", scores.softmax(-1), value).flatten(1, 2).unflatten(2, (side, side))
    torch.testing.assert_close(module(x), module.project(F.relu(mixed)))


@torch.no_grad()
@pytest.mark.parametrize("side", [6, 5])
def test_glmix_gathers_into_slots_and_gives_back(side: int) -> None:
    module, x = frozen_operator("glmix", WIDTH, side, slots=4, head_width=8), maps(WIDTH, side)
    positions = x.flatten(2).transpose(1, 2)
    slots = F.adaptive_avg_pool2d(x, 2).flatten(2).transpose(1, 2)
    alike = module.scale * F.cosine_similarity(slots[:, :, None], positions[:, None], dim=-1)
    gathered = torch.softmax(alike, dim=2) @ positions
    exchanged = module.exchange(gathered.transpose(1, 2).unflatten(2, (2, 2))).flatten(2).transpose(1, 2)
    given = (torch.softmax(alike, dim=1).transpose(1, 2) @ exchanged).transpose(1, 2).view_as(x)
    local = pointwise(module.local.leave, depthwise(module.local.depthwise, pointwise(module.local.enter, x)))
    torch.testing.assert_close(module(x), given + local)
