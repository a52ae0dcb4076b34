"""The range of a sum over parts is exact: equal to the extremes of all networks, with rules and ties."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from predictors import CostTable, price_architecture
from predictors.parts import Part, additive_range, parts
from search_spaces import SearchSpace, load_space
from tests.search_spaces.test_random_spaces import combinations, documents, load
from tests.search_spaces.test_space import enumerate_space


def arbitrary(part: Part) -> np.ndarray:
    """Two costs of a part that nothing but equality tells anything about."""
    digest = hashlib.blake2b(repr(part).encode(), digest_size=8).digest()
    return np.frombuffer(digest, dtype=np.uint32).astype(np.int64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spaces")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(document=documents())
def test_range_is_that_of_all_networks(document: dict[str, Any], folder: Path) -> None:
    space = load(document, folder)
    assume(combinations(space) <= 1000)
    sums = [np.sum([arbitrary(part) for part in parts(network)], axis=0) for network in enumerate_space(space)]
    low, high = additive_range(space, arbitrary)
    assert (low == np.min(sums, axis=0)).all() and (high == np.max(sums, axis=0)).all()


SPACE = """
schema_version: 1
name: few
input: {channels: 1, resolution: 16}
classes: 3
stem: {conv_stem: {stride: 4, norm: batch_norm}}
downsample: {conv_down: {norm: batch_norm}}
head: linear_head
stages: [{depth: 2, width: [8, 16]}, {depth: [0, 1], width: 16, stride: 2}]
block:
  mixer: {dw_conv: {kernel: [3, 5], dilation: 1}, identity: {}}
  channel_mixer: {mlp: {expansion: [1, 2], activation: gelu}}
ties: {mixer.op: stage, channel_mixer.mlp.expansion: {falling: [2, 1]}}
rules: [kernel <= side]
"""


@pytest.mark.parametrize("form", ["train", "deploy"])
def test_range_of_costs_is_that_of_all_networks(form: str, tmp_path: Path) -> None:
    path = tmp_path / "few.yaml"
    path.write_text(SPACE)
    space: SearchSpace = load_space(str(path))
    table = CostTable(space, form)
    prices = [table.price(network) for network in enumerate_space(space)]
    assert len(prices) == space.cardinality()
    for name, (low, high) in table.range().items():
        values = [price[name] for price in prices]
        assert (low, high) == (min(values), max(values)), name


FOLDED = """
schema_version: 1
name: folded
input: {channels: 1, resolution: 8}
classes: 3
stem: {conv_stem: {stride: 2, norm: batch_norm}}
head: linear_head
stages: [{depth: 1, width: 8}]
block:
  residual: single
  mixer: {dw_conv: {kernel: 3, dilation: 1}, identity: {}, phc_conv: {kernel: 3, n: 2}}
  norm: batch_norm
  channel_mixer: {dw_mlp: {kernel: 3, expansion: 2, activation: gelu}, mlp: {expansion: 2, activation: gelu}}
"""


def test_what_a_norm_is_folded_into_depends_on_two_operators(tmp_path: Path) -> None:
    """After an identity it goes into the first layer of an MLP, but not into one that starts with a padded kernel."""
    path = tmp_path / "folded.yaml"
    path.write_text(FOLDED)
    space = load_space(str(path))
    table = CostTable(space)
    for network in enumerate_space(space):
        costs = price_architecture(network)["deploy"]
        counted = {"macs": costs.macs, "params": costs.params, "activations": costs.activations}
        assert table.price(network) == counted, network.stages[0].blocks
