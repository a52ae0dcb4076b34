"""Tokenizer, positions, sequence pooling and the normed shortcut of CCT."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional as F

from search_spaces.architecture import DEFAULTS, Block, op_config
from search_spaces.operators.tokenizer_stem import strides
from supernet import deploy
from supernet.network import Block as BlockModule
from supernet.network import freeze
from supernet.operators import Place
from tests.conftest import randomise
from tests.supernet.operators.alone import frozen_operator, maps


@pytest.mark.parametrize(
    ("stride", "layers", "expected"),
    [
        (1, 2, [(1, 1), (1, 1)]),
        (2, 1, [(1, 2)]),
        (2, 2, [(1, 2), (1, 1)]),
        (4, 1, [(2, 2)]),
        (4, 2, [(1, 2), (1, 2)]),
        (8, 2, [(2, 2), (1, 2)]),
        (16, 1, [(8, 2)]),
        (16, 2, [(2, 2), (2, 2)]),
    ],
)
def test_strides_of_the_tokenizer(stride: int, layers: int, expected: list[tuple[int, int]]) -> None:
    assert strides(stride, layers) == expected


@torch.no_grad()
def test_sequence_pooling_is_a_weighted_mean_over_positions() -> None:
    head = frozen_operator("sequence_pool_head", 6, 3, outputs=4)
    x = maps(6, 3)
    normed = F.layer_norm(x.permute(0, 2, 3, 1), (6,), head.norm.weight, head.norm.bias, 1e-5).reshape(2, 9, 6)
    pooled = torch.zeros(2, 6, dtype=torch.float64)
    for n in range(2):
        scores = torch.stack([token @ head.score.weight[0, :, 0, 0] + head.score.bias[0] for token in normed[n]])
        for weight, token in zip(scores.exp() / scores.exp().sum(), normed[n], strict=True):
            pooled[n] += weight * token
    torch.testing.assert_close(head(x), pooled @ head.linear.weight.T + head.linear.bias)


@torch.no_grad()
def test_positions_are_added_and_interpolated_for_another_side() -> None:
    position = frozen_operator("learned_position", 3, 4)
    weight = position.positions.weight
    torch.testing.assert_close(position(maps(3, 4)), weight)
    halved = position(maps(3, 2))
    torch.testing.assert_close(halved, weight.unfold(2, 2, 2).unfold(3, 2, 2).mean((-1, -2)))


def block(channel_mixer: dict[str, Any], **residual: Any) -> Any:
    """Return a frozen double block: attention, LayerNorm and a channel mixer, of width 8 at side 4."""
    values: dict[Any, dict[str, Any]] = {
        **DEFAULTS,
        "residual": {"op": "double", **residual},
        "mixer": {"op": "attention", "head_width": 4},
        "norm": {"op": "layer_norm"},
        "channel_mixer": channel_mixer,
    }
    config = Block(**{slot: op_config(slot, value, slot) for slot, value in values.items()})
    module = BlockModule(Place(8, 8, 1, 4), {slot: (op,) for slot, op in config.slots().items()})
    module.configure(config, 8, 4)
    randomise(module)
    return freeze(module).eval().double()


@torch.no_grad()
def test_a_normed_shortcut_starts_behind_the_norm() -> None:
    one, x = block({"op": "mlp", "expansion": 2}, normed_shortcut=True), maps(8, 4)
    y = one.channel_norm(x + one.mixer(one.norm(x)))
    expected = y + one.channel_mixer(y)
    torch.testing.assert_close(one(x), expected)
    torch.testing.assert_close(deploy(one)(x), expected)


@torch.no_grad()
def test_a_double_block_without_a_channel_mixer_has_the_weights_of_one_branch() -> None:
    one, x = block({"op": "none"}, layer_scale=0.5, residual_scale=True), maps(8, 4)
    expected = one.residual.shortcuts[0](x) + one.residual.scales[0](one.mixer(one.norm(x)))
    torch.testing.assert_close(one(x), expected)
    assert sum(p.numel() for p in one.parameters()) == 4 * 8 * 8 + 2 * 8 + 2 * 8  # attention, LayerNorm, two scales
