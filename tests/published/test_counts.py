"""Published networks are points of the language: their parameters to the last one, their MACs to the last digit."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from predictors.parts import Part
from predictors.trace import Trace
from predictors.values import PartValues
from search_spaces import Architecture
from search_spaces.published import FOLDER, load_published, published
from search_spaces.published.__main__ import contents

COUNTS = Path(__file__).parents[1] / "data" / "published_counts.csv"
ROWS = {row["name"]: row for row in csv.DictReader(COUNTS.read_text().splitlines())}
FIGURES = [(name, form) for name, row in ROWS.items() for form in ("train", "deploy") if row[f"params_{form}"]]
# Numbers on either side of a head's table of MaxViT's relative biases.
SIDE, TABLE = 7, 13


def layer_scales(architecture: Architecture) -> int:
    """Return the learned factors of all residual branches of a network of double blocks."""
    return sum(2 * stage.width for stage in architecture.stages for b in stage.blocks if b.residual["layer_scale"])


def norms_before_mixing(architecture: Architecture) -> int:
    """Return the factors and offsets of the norms before the 1 x 1 convolutions of blocks and downsampling."""
    stages = architecture.stages
    return sum(2 * stage.width * (len(stage.blocks) + (stage.downsample is not None)) for stage in stages)


def dynamic_products(architecture: Architecture) -> int:
    """Return the products of values with kernels made for their position: taps times values of the map."""
    return sum(
        b.mixer["small"] ** 2 * stage.width * side**2
        for stage, side in zip(architecture.stages, architecture.sides, strict=True)
        for b in stage.blocks
        if b.mixer.op == "ls_conv"
    )


def bias_products(architecture: Architecture) -> int:
    """Return the products with one-hot matrices that look biases up.

    For each head 13 x 13 numbers become 7 x 7 x 13 x 13 products and then 49 x 49 x 13.
    """
    mixers = [(stage.width, b.mixer) for stage in architecture.stages for b in stage.blocks]
    heads = sum(width // mixer["head_width"] for width, mixer in mixers if mixer.op == "window_attention")
    return heads * (SIDE**2 * TABLE**2 + SIDE**4 * TABLE)


# By family: parameters that the authors keep when they deploy, and that are folded into a convolution here.
KEPT = {"metamixer": layer_scales, "recnext": norms_before_mixing}
# By family: products counted here and not there, because a counter does not see the authors' own kernel.
UNSEEN = {"lsnet": dynamic_products}
# By family: products counted there and not here, where the biases are indexed.
LOOKED_UP = {"maxvit": bias_products}


@pytest.fixture(scope="module")
def values() -> dict[str, PartValues]:
    """Sums over parts, each traced once in each form; shared by all networks."""
    return {form: PartValues(form, _vector) for form in ("train", "deploy")}


def _vector(part: Part, traced: Trace):
    import numpy as np

    return np.array([traced.params, sum(call.macs for call in traced.calls)], dtype=np.int64)


@pytest.mark.parametrize(("name", "form"), FIGURES)
def test_counts(name: str, form: str, values: dict[str, PartValues]) -> None:
    row, architecture, family = ROWS[name], load_published(name), published()[name].family
    params, macs = map(int, values[form].total(architecture))
    params += KEPT.get(family, _nothing)(architecture) if form == "deploy" else 0
    macs += LOOKED_UP.get(family, _nothing)(architecture) - UNSEEN.get(family, _nothing)(architecture)
    assert params == int(row[f"params_{form}"])
    assert macs / 1e9 == pytest.approx(float(row[f"gmacs_{form}"]), rel=0, abs=0.0005)


def _nothing(architecture: Architecture) -> int:
    return 0


def test_every_published_network_has_its_counts() -> None:
    assert set(ROWS) == set(published())
    assert {name for name, form in FIGURES if form == "train"} == set(published())


def test_files_are_what_the_families_write() -> None:
    found = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    assert found == contents(), "run python -m search_spaces.published"
    assert all(json.loads(text) for text in found.values())
