"""The stage diagram says what the network is made of."""

from __future__ import annotations

import re

import numpy as np
import pytest

from analysis.diagram import op_text, operator_colour, stage_diagram
from search_spaces import Architecture, OpConfig, load_space
from search_spaces.operators import operators_of
from search_spaces.published import load_published
from tests.analysis.synthetic import make_architecture


@pytest.mark.parametrize("seed", range(5))
def test_diagram_shows_every_stage_and_block_in_order(seed: int) -> None:
    architecture = Architecture.from_dict(make_architecture(np.random.default_rng(seed)))
    html = stage_diagram(architecture)
    sizes = re.findall(r"width (\d+), (\d+)×\d+ px", html)
    assert sizes == [
        (str(stage.width), str(side)) for stage, side in zip(architecture.stages, architecture.sides, strict=True)
    ]
    shown = re.findall(r'<div class="block" style="--mixer: #\w+">([^<]*)', html)
    assert shown == [op_text(block.mixer) for stage in architecture.stages for block in stage.blocks]


@pytest.mark.parametrize(
    ("config", "text"),
    [(OpConfig("dw_conv", (("kernel", 7), ("dilation", 1))), "dw_conv 7×7"),
     (OpConfig("dw_conv", (("kernel", 7), ("dilation", 2))), "dw_conv 7×7, dilation 2"),
     (OpConfig("identity"), "identity"), (OpConfig("eca", (("kernel", 3),)), "eca, kernel 3"),
     (OpConfig("mlp", (("activation", "gelu"), ("grn", True))), "mlp, grn"),
     (OpConfig("mlp", (("expansion", 3), ("activation", "relu"), ("grn", False))), "mlp, expansion 3, relu")],
)  # fmt: skip
def test_operators_in_words(config: OpConfig, text: str) -> None:
    assert op_text(config) == text


@pytest.mark.parametrize(
    ("name", "shown"),
    [("mobilenetv2_100", "inverted_bottleneck 3×3"), ("resnet_50", "bottleneck 3×3"),
     ("repvgg_a0", "repvgg 3×3"), ("identityformer_s12", "identity")],
)  # fmt: skip
def test_a_block_is_known_by_what_it_does(name: str, shown: str) -> None:
    blocks = re.findall(r'<div class="block" style="--mixer: #\w+">([^<]*)', stage_diagram(load_published(name)))
    assert any(block.startswith(shown) for block in blocks)
    assert all(block.startswith("identity") == (shown == "identity") for block in blocks)


def test_a_sequence_is_shown_with_its_positions() -> None:
    space = load_space("tdnn", scale="small")
    network = space.largest()
    html = stage_diagram(network)
    assert "1×128 positions" in html and "width 64, 64 positions" in html and "px" not in html
    for block in network.stages[0].blocks:
        assert f"res2_tdnn 1×{block.channel_mixer['kernel']}" in html


def test_every_mixer_has_its_own_colour() -> None:
    mixers = {*operators_of("mixer"), *operators_of("channel_mixer")} - {"none"}
    assert len({operator_colour(mixer) for mixer in mixers}) == len(mixers)
