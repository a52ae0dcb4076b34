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
# Their authors' pages give four digits; deployed, they keep BatchNorms that fold into the 1 x 1 convolution after them.
ROUNDED = {("recnext_m1", "train"): 1e-3, ("recnext_m3", "train"): 1e-3}
ROUNDED |= {("recnext_m1", "deploy"): 2e-3, ("recnext_m3", "deploy"): 2e-3}
# Their authors keep layer scales when they deploy; here they are folded into a convolution.
KEPT_SCALES = {"metamixer_ffnet_4"}
# Published without the products of dynamic kernels; here they are counted.
WITHOUT_DYNAMIC = {"lsnet_t"}
# Counted there and not here: products with one-hot matrices that look up MaxViT's relative biases. For each of 168
# heads 13 x 13 numbers become 7 x 7 x 13 x 13 products and then 49 x 49 x 13; here they are indexed.
LOOKED_UP = {"maxvit_tiny": 168 * (7 * 7 * 13 * 13 + 49 * 49 * 13)}


@pytest.fixture(scope="module")
def values() -> dict[str, PartValues]:
    """Sums over parts, each traced once in each form; shared by all networks."""
    return {form: PartValues(form, _vector) for form in ("train", "deploy")}


def _vector(part: Part, traced: Trace):
    import numpy as np

    return np.array([traced.params, sum(call.macs for call in traced.calls)], dtype=np.int64)


@pytest.mark.parametrize("name", [name for name in published() if name in ROWS])
@pytest.mark.parametrize("form", ["train", "deploy"])
def test_counts(name: str, form: str, values: dict[str, PartValues]) -> None:
    row, architecture = ROWS[name], load_published(name)
    params, macs = map(int, values[form].total(architecture))
    if form == "deploy" and name in KEPT_SCALES:
        params += layer_scales(architecture)
    if name in WITHOUT_DYNAMIC:
        macs -= dynamic_products(architecture)
    if expected := row[f"params_{form}"]:
        assert params == pytest.approx(int(expected), rel=ROUNDED.get((name, form), 0), abs=0)
    if expected := row[f"gmacs_{form}"]:
        macs += LOOKED_UP.get(name, 0)
        assert macs / 1e9 == pytest.approx(float(expected), rel=1e-3, abs=0.0005)


def layer_scales(architecture: Architecture) -> int:
    """Return the learned factors of all residual branches of a network of double blocks."""
    return sum(2 * stage.width for stage in architecture.stages for b in stage.blocks if b.residual["layer_scale"])


def dynamic_products(architecture: Architecture) -> int:
    """Return the products of values with kernels made for their position: taps times values of the map."""
    return sum(
        b.mixer["small"] ** 2 * stage.width * side**2
        for stage, side in zip(architecture.stages, architecture.sides, strict=True)
        for b in stage.blocks
        if b.mixer.op == "ls_conv"
    )


def test_every_row_is_rebuilt() -> None:
    assert set(ROWS) <= set(published())


def test_files_are_what_the_families_write() -> None:
    found = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    assert found == contents(), "run python -m search_spaces.published"
    assert all(json.loads(text) for text in found.values())
