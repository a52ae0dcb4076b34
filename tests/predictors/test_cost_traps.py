"""Where parameters and MACs part ways, and where counters go blind: each is counted as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from predictors import price
from predictors.latency import Features
from predictors.parts import Part, build_part
from predictors.trace import trace
from predictors.values import PartValues
from search_spaces.architecture import Block, op_config
from search_spaces.operators import BLOCK_SLOTS
from search_spaces.published import load_published

WIDTH, SIDE = 32, 14


@dataclass(frozen=True)
class Costs:
    macs: int
    params: int


def part(**slots: dict[str, Any]) -> Part:
    given = {slot: {"op": "none"} for slot in BLOCK_SLOTS} | {"residual": {"op": "plain"}, "mixer": {"op": "identity"}}
    block = Block(**{slot: op_config(slot, (given | slots)[slot], slot) for slot in BLOCK_SLOTS})
    return Part(SIDE, WIDTH, WIDTH, 1, "block", block)


def costs(**slots: dict[str, Any]) -> Costs:
    place = part(**slots)
    traced = trace(build_part(place), place.shape)
    return Costs(sum(call.macs for call in traced.calls), traced.params)


def test_a_shift_has_no_macs_and_no_weights_but_is_seen_by_the_latency() -> None:
    shift = {"op": "shift", "share": 0.125}
    assert costs(mixer=shift) == Costs(0, 0)
    features = Features(["shift", "identity"])
    values = dict(zip(features.names, features.values(part(mixer=shift)), strict=True))
    still = dict(zip(features.names, features.values(part(mixer={"op": "identity"})), strict=True))
    assert values["other_elements"] > still["other_elements"] and values["shift_blocks"] == 1


def test_experts_multiply_weights_and_hardly_macs() -> None:
    one, eight = (costs(mixer={"op": "cond_conv", "kernel": 5, "experts": n}) for n in (1, 8))
    assert eight.params > 6 * one.params
    assert one.macs < eight.macs < 1.15 * one.macs


def test_hypercomplex_weights_shrink_and_macs_stay() -> None:
    one, four = (costs(mixer={"op": "phc_conv", "kernel": 3, "n": n}) for n in (1, 4))
    assert 0.24 * one.params < four.params < 0.3 * one.params
    product = SIDE**2 * WIDTH**2 * 9
    assert product <= four.macs < 1.1 * product


def test_recursion_multiplies_macs_and_no_weights() -> None:
    mlp = {"op": "mlp", "expansion": 4}
    one, three = (costs(residual={"op": "plain", "repeats": n}, channel_mixer=mlp) for n in (1, 3))
    assert three == Costs(3 * one.macs, one.params)


def test_convmixer_is_not_its_parameters() -> None:
    """21 M parameters as a ResNet-50 has 25 M, and five times its MACs."""

    def vector(place: Part, traced: Any) -> Any:
        return torch.tensor([traced.params, sum(call.macs for call in traced.calls)]).numpy()

    values = PartValues("train", vector)
    mixer, resnet = (values.total(load_published(name)) for name in ("convmixer_768_32", "resnet_50"))
    assert mixer[0] < resnet[0] and mixer[1] > 5 * resnet[1]


@pytest.mark.parametrize("groups", [1, 8])
def test_padding_by_name_is_counted(groups: int) -> None:
    """fvcore has no handle for such a convolution and counts it as nothing."""
    named = nn.Conv2d(8, 8, 7, padding="same", groups=groups)
    plain = nn.Conv2d(8, 8, 7, padding=3, groups=groups)
    assert price(named, (8, 14, 14)).macs == price(plain, (8, 14, 14)).macs == 196 * 8 * 8 // groups * 49


class Attention(nn.Module):
    """Fused attention of 4 heads over the positions of a map."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q = x.flatten(2).unflatten(1, (4, -1)).transpose(2, 3)
        return F.scaled_dot_product_attention(q, q, q)


def test_fused_attention_is_counted() -> None:
    """torch's counter sees nothing of it on a CPU."""
    assert price(Attention(), (32, 8, 8)).macs == 2 * 4 * 64 * 64 * 8


def test_transposed_dilated_and_strided_convolutions_are_counted() -> None:
    up = nn.ConvTranspose2d(4, 6, 4, stride=2, padding=1)
    assert price(up, (4, 8, 8)).macs == 64 * 4 * 6 * 16
    assert price(nn.Conv2d(4, 6, 3, dilation=2, padding=2), (4, 8, 8)).macs == 64 * 4 * 6 * 9
    assert price(nn.Conv2d(4, 6, 3, stride=2, padding=1), (4, 8, 8)).macs == 16 * 4 * 6 * 9
