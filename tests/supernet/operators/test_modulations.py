"""Modulations and the MLP with a depthwise convolution against their formulas, channel by channel."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional as F

from supernet import deploy
from tests.supernet.operators.alone import depthwise, frozen_operator, maps, pointwise


@torch.no_grad()
def test_scale_aware_modulation_mixes_one_channel_of_every_head() -> None:
    heads, width, expansion = 3, 12, 2
    module = frozen_operator("scale_aware_modulation", width, 9, heads=heads, expansion=expansion)
    x, parts = maps(width, 9), module.modulated
    value, source = (pointwise(conv, x) for conv in parts.maps.convs)
    share = width // heads
    scales = [depthwise(parts.heads[i], source[:, i * share : (i + 1) * share]) for i in range(heads)]
    assert [conv.kernel_size[0] for conv in parts.heads] == [3, 5, 7]
    hidden = torch.empty(2, width * expansion, 9, 9, dtype=torch.float64)
    spread = parts.spread.conv
    for output in range(width * expansion):
        group = output // (heads * expansion)
        taps = spread.weight[output, :, 0, 0]
        hidden[:, output] = sum(tap * scales[i][:, group] for i, tap in enumerate(taps)) + spread.bias[output]
    modulator = pointwise(parts.gather, F.gelu(parts.spread.norm(hidden)))
    torch.testing.assert_close(module(x), pointwise(module.project, value * modulator))


@pytest.mark.parametrize("expansion", [1, 3])
@torch.no_grad()
def test_efficient_modulation_repeats_its_context(expansion: int) -> None:
    module = frozen_operator("efficient_modulation", 4, 6, kernel=5, expansion=expansion)
    x, parts = maps(4, 6), module.modulated
    expanded, context = (pointwise(conv, x) for conv in parts.maps.convs)
    context = pointwise(parts.context, F.gelu(depthwise(parts.depthwise, context)))
    expanded = F.gelu(expanded) if expansion > 1 else expanded
    expected = pointwise(module.project, expanded * context.repeat(1, expansion, 1, 1))
    torch.testing.assert_close(module(x), expected)


@pytest.mark.parametrize("shortcut", [False, True])
@torch.no_grad()
def test_mlp_dw_convolves_the_hidden_channels(shortcut: bool) -> None:
    x = maps(4, 6)
    module = frozen_operator("mlp_dw", 4, 6, expansion=2, shortcut=shortcut, first_activation="relu")
    hidden = F.relu(pointwise(module.expand, x))
    y = depthwise(module.local.conv, hidden) + (hidden if shortcut else 0)
    torch.testing.assert_close(module(x), pointwise(module.project, F.gelu(y)))


@torch.no_grad()
def test_the_shortcut_of_mlp_dw_costs_nothing_when_deployed() -> None:
    module = frozen_operator("mlp_dw", 4, 6, expansion=2, shortcut=True, norm="batch_norm")
    merged: Any = deploy(module)
    assert [type(layer).__name__ for layer in merged] == ["Conv2d", "Conv2d", "GELU", "Conv2d"]
    torch.testing.assert_close(merged(maps(4, 6)), module(maps(4, 6)))
