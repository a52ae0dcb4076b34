"""The stage diagram says what the network is made of."""

from __future__ import annotations

import re

import numpy as np
import pytest

from analysis.diagram import mixer_colour, op_text, stage_diagram
from search_spaces import Architecture, OpConfig
from search_spaces.operators import operators_of
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


def test_every_mixer_has_its_own_colour() -> None:
    mixers = operators_of("mixer")
    assert len({mixer_colour(mixer) for mixer in mixers}) == len(mixers)
