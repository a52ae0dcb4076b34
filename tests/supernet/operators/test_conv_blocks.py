"""Blocks of convolutions against torch's functions, written out; their shortcuts where widths are elastic."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from search_spaces.architecture import op_config
from supernet.network import freeze
from supernet.operators import MODULES, Place
from tests.conftest import randomise
from tests.supernet.operators.alone import frozen_operator, maps


def normed_conv(layer: Any, x: Tensor, stride: int = 1, groups: int = 1) -> Tensor:
    """The convolution of a frozen layer and its BatchNorm, from their weights alone."""
    weight, norm = layer.conv.weight, layer.norm
    y = F.conv2d(x, weight, None, stride, weight.shape[-1] // 2, 1, groups)
    return F.batch_norm(y, norm.running_mean, norm.running_var, norm.weight, norm.bias)


@torch.no_grad()
def test_tucker() -> None:
    block = frozen_operator("tucker", 8, 9, 12, stride=2, input_rank=0.5, output_rank=0.75, kernel=3, activation="relu")
    x = maps(8, 9)
    assert [layer.conv.weight.shape[:2] for layer in block.convs.values()] == [(4, 8), (9, 4), (12, 9)]
    y = F.relu(normed_conv(block.convs["compress"], x))
    y = F.relu(normed_conv(block.convs["spatial"], y, stride=2))
    torch.testing.assert_close(block(x), normed_conv(block.convs["project"], y))


@torch.no_grad()
def test_fused_inverted_bottleneck_with_excitation() -> None:
    block = frozen_operator("fused_inverted_bottleneck", 8, 9, expansion=2, kernel=5, se=0.5, activation="silu")
    x, squeeze, excite = maps(8, 9), block.attention.squeeze.conv, block.attention.excite.conv
    assert squeeze.weight.shape[:2] == (4, 16)  # a half of the channels that enter, not of the hidden ones
    y = F.silu(normed_conv(block.convs["spatial"], x))
    hidden = F.silu(F.conv2d(y.mean((2, 3), keepdim=True), squeeze.weight, squeeze.bias))
    y = y * F.conv2d(hidden, excite.weight, excite.bias).sigmoid()
    torch.testing.assert_close(block(x), x + normed_conv(block.convs["project"], y))


@torch.no_grad()
def test_conv_first() -> None:
    block = frozen_operator("conv_first", 16, 9, group_width=8, expansion=3, kernel=3, closing="relu")
    x = maps(16, 9)
    y = normed_conv(block.convs["spatial"], x, groups=2)
    y = F.silu(normed_conv(block.convs["expand"], y))
    torch.testing.assert_close(block(x), F.relu(x + normed_conv(block.convs["project"], y)))


@torch.no_grad()
@pytest.mark.parametrize("says", [{"groups": 4}, {"group_width": 2}])
def test_bottleneck_in_groups(says: dict[str, Any]) -> None:
    block = frozen_operator("bottleneck", 16, 9, ratio=0.5, **says)
    x = maps(16, 9)
    y = F.relu(normed_conv(block.convs["reduce"], x))
    y = F.relu(normed_conv(block.convs["spatial"], y, groups=4))
    torch.testing.assert_close(block(x), F.relu(x + normed_conv(block.convs["expand"], y)))


@torch.no_grad()
def test_pooled_shortcut_of_an_odd_side_averages_what_is_there() -> None:
    block = frozen_operator("basic_block", 4, 9, 6, stride=2, shortcut="pool", closing="none")
    x = maps(4, 5)
    pooled = torch.stack([x[:, :, i : i + 2, j : j + 2].mean((2, 3)) for i in (0, 2, 4) for j in (0, 2, 4)], 2)
    y = normed_conv(block.convs["second"], F.relu(normed_conv(block.convs["first"], x, stride=2)))
    torch.testing.assert_close(block(x), y + normed_conv(block.shortcut[1], pooled.unflatten(2, (3, 3))))


@pytest.mark.parametrize(
    ("shortcut", "adds_same", "adds_other"),
    [("none", False, False), ("same", True, False), ("conv", True, True), ("pool", True, True)],
)
@torch.no_grad()
def test_shortcut_follows_the_active_channels(shortcut: str, adds_same: bool, adds_other: bool) -> None:
    """Between stages at stride 1 the shape is kept or not, as the active widths are."""
    config = op_config("downsample", {"op": "basic_block", "shortcut": shortcut, "closing": "none"}, "")
    module: Any = MODULES["basic_block"](Place(8, 8, 1, 9, between=True), [config])
    randomise(module)
    for (inputs, outputs), adds in (((6, 6), adds_same), ((6, 8), adds_other)):
        module.configure(config, inputs, outputs)
        frozen: Any = freeze(module).eval().double()
        x = maps(inputs, 9)
        body = normed_conv(frozen.convs["second"], F.relu(normed_conv(frozen.convs["first"], x)))
        added = frozen(x) - body
        if not adds:
            expected = torch.zeros_like(body)
        else:
            expected = x if inputs == outputs else normed_conv(frozen.shortcut[0], x)
        torch.testing.assert_close(added, expected)


@torch.no_grad()
def test_a_block_in_a_stage_has_no_projection() -> None:
    config = op_config("channel_mixer", {"op": "bottleneck", "shortcut": "conv"}, "")
    module = MODULES["bottleneck"](Place(16, 16, 1, 9), [config])
    assert not [name for name, _ in module.named_parameters() if name.startswith("shortcut")]


@torch.no_grad()
def test_residual_blocks_start_as_their_shortcut() -> None:
    config = op_config("channel_mixer", {"op": "bottleneck", "closing": "none"}, "")
    module = MODULES["bottleneck"](Place(16, 16, 1, 9), [config])
    module.configure(config, 16, 16)
    x = maps(16, 9)
    torch.testing.assert_close(module.eval().double()(x), x)


@torch.no_grad()
def test_osa_concatenates_every_map_once() -> None:
    block = frozen_operator("osa", 8, 9, 12, stride=2, convolutions=3, ratio=0.5)
    x = maps(8, 9)
    outputs = [F.max_pool2d(x, 3, 2, ceil_mode=True)]
    for layer in block.chain:
        outputs.append(F.relu(normed_conv(layer, outputs[-1])))
    weight, norm = block.aggregate.weight, block.norm
    y = F.batch_norm(
        F.conv2d(torch.cat(outputs, 1), weight), norm.running_mean, norm.running_var, norm.weight, norm.bias
    )
    assert weight.shape[1] == 8 + 3 * 6
    torch.testing.assert_close(block(x), F.relu(y))


@torch.no_grad()
def test_a_narrower_osa_uses_the_same_weights_for_the_same_channels() -> None:
    """The aggregation of fewer channels reads the columns of exactly these channels."""
    config = op_config("channel_mixer", {"op": "osa", "convolutions": 2, "ratio": 0.5}, "")
    module: Any = MODULES["osa"](Place(8, 8, 1, 9), [config])
    randomise(module)
    module.configure(config, 6, 6)
    columns = [*range(6), *range(8, 11), *range(12, 15)]  # x: 6 of 8; each convolution: 3 of 4
    torch.testing.assert_close(module.aggregate.active()[0], module.aggregate.weight[:6, columns])


@torch.no_grad()
def test_blocks_are_one_dimensional_on_sequences() -> None:
    block = frozen_operator("inverted_bottleneck", 4, 20, expansion=2, kernel=5, sequence=True, activation="relu")
    x = torch.randn(2, 4, 1, 20, dtype=torch.float64)
    y = x.squeeze(2)
    for layer, groups in zip(block.convs.values(), (1, 8, 1), strict=True):
        weight, norm = layer.conv.weight.squeeze(2), layer.norm
        y = F.conv1d(y, weight, None, 1, weight.shape[-1] // 2, 1, groups)
        y = F.batch_norm(y, norm.running_mean, norm.running_var, norm.weight, norm.bias)
        y = y if layer is block.convs["project"] else F.relu(y)
    torch.testing.assert_close(block(x), x + y.unsqueeze(2))
