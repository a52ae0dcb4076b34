"""Populations are priced by look-up as their networks are one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from predictors import CostTable
from predictors.parts import parts
from predictors.population import PopulationTable
from predictors.table import COLUMNS
from search_spaces import InputError, SearchSpace, load_space
from tests.predictors.test_range import FOLDED, arbitrary
from tests.search_spaces.test_random_spaces import combinations, documents, load
from tests.search_spaces.test_space import enumerate_space


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spaces")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(document=documents())
def test_totals_are_the_sums_over_the_parts_of_every_network(document: dict[str, Any], folder: Path) -> None:
    space = load(document, folder)
    assume(combinations(space) <= 1000)
    networks = list(enumerate_space(space))
    sums = [np.sum([arbitrary(part) for part in parts(network)], axis=0) for network in networks]
    genes = np.array([space.encode(network) for network in networks]).reshape(len(networks), -1)
    np.testing.assert_array_equal(PopulationTable(space, arbitrary).totals(genes), sums)


def test_costs_are_those_of_the_table(tiny_space: SearchSpace) -> None:
    rng, table = np.random.default_rng(0), CostTable(tiny_space)
    networks = [tiny_space.largest(), tiny_space.smallest(), *(tiny_space.sample(rng) for _ in range(30))]
    totals = PopulationTable(tiny_space).totals(np.array([tiny_space.encode(network) for network in networks]))
    assert totals.tolist() == [[table.price(network)[name] for name in COLUMNS] for network in networks]


def test_genes_of_another_space_are_refused(tiny_space: SearchSpace) -> None:
    table, genes = PopulationTable(tiny_space, arbitrary), tiny_space.encode(tiny_space.largest())[None]
    with pytest.raises(InputError, match="expected genes"):
        table.totals(genes[:, 1:])
    genes = genes.repeat(3, axis=0)
    depth = next(i for i, d in enumerate(tiny_space.dimensions) if d.key[-1] == "op")
    genes[2, depth] = -1
    with pytest.raises(InputError, match="row 2"):
        table.totals(genes)


def test_a_stage_without_blocks_and_downsampling_adds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    text = FOLDED.replace("stages: [", "stages: [{depth: 0, width: 8}, ")
    path.write_text(text + "downsample: {conv_down: {norm: batch_norm}}\n")
    space = load_space(str(path))
    networks = list(enumerate_space(space))
    genes = np.array([space.encode(network) for network in networks])
    sums = [np.sum([arbitrary(part) for part in parts(network)], axis=0) for network in networks]
    np.testing.assert_array_equal(PopulationTable(space, arbitrary).totals(genes), sums)
