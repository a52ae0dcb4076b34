"""One network trained alone, and the cache of such results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nas.rank_check.standalone import Cache, Recipe, train_alone
from search_spaces import InputError, SearchSpace, load_space
from supernet.data import ImageData, load_data
from tests.conftest import TINY

RECIPE = Recipe.of(128, epochs=2, batch_size=64, learning_rate=5e-3)


@pytest.fixture(scope="module")
def space() -> SearchSpace:
    return load_space(str(TINY.parent / "kernel_width.yaml"))


@pytest.fixture(scope="module")
def data() -> ImageData:
    return load_data("digits")


def test_a_network_learns_and_equal_seeds_agree(space: SearchSpace, data: ImageData) -> None:
    accuracies = [train_alone(space.largest(), data, RECIPE, seed) for seed in (0, 0, 1, 2)]
    assert min(accuracies) > 0.3  # one in ten by chance
    assert accuracies[0] == accuracies[1] and len(set(accuracies)) > 1


def test_the_test_split_is_not_looked_at(space: SearchSpace, data: ImageData) -> None:
    short = Recipe.of(128, epochs=1, batch_size=256, learning_rate=5e-3)
    blind = replace(data, test=replace(data.test, labels=(data.test.labels + 1) % 10))
    assert train_alone(space.smallest(), blind, short, 0) == train_alone(space.smallest(), data, short, 0)


def test_a_result_is_found_by_network_data_recipe_and_seed_alone(space: SearchSpace, tmp_path: Path) -> None:
    cache = Cache(tmp_path, "data", RECIPE)
    cache.put(space.largest(), 0, 0.75)
    assert Cache(tmp_path, "data", RECIPE).get(space.largest(), 0) == 0.75
    longer = replace(RECIPE, training=replace(RECIPE.training, epochs=3))
    assert cache.get(space.smallest(), 0) is None and cache.get(space.largest(), 1) is None
    assert Cache(tmp_path, "other", RECIPE).get(space.largest(), 0) is None
    assert Cache(tmp_path, "data", longer).get(space.largest(), 0) is None
    other_seed = replace(RECIPE, training=replace(RECIPE.training, seed=9))  # each training gets its own
    assert Cache(tmp_path, "data", other_seed).get(space.largest(), 0) == 0.75


@pytest.mark.parametrize("content", ["{", "[]", '{"accuracy": 0.5}', '{"accuracy": "high"}'])
def test_a_damaged_result_is_named(content: str, space: SearchSpace, tmp_path: Path) -> None:
    cache = Cache(tmp_path, "data", RECIPE)
    path = cache.path(space.largest(), 0)
    path.write_text(content)
    with pytest.raises(InputError, match=path.name):
        cache.get(space.largest(), 0)
