"""Networks composed choice by choice: members of the space, and one question for every choice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from search_spaces import SearchSpace, load_space
from search_spaces.composition import compose
from search_spaces.encoding import Key, values_of
from search_spaces.operators import Value
from tests.conftest import TINY


@pytest.mark.parametrize("name", ["lk_convnet", "tdnn", "resnet"])
def test_composed_networks_are_members_under_rules_and_ties(name: str) -> None:
    space, rng = load_space(name), np.random.default_rng(0)
    networks = [compose(space, lambda key, values: values[int(rng.integers(len(values)))]) for _ in range(4)]
    assert len(set(networks)) == 4 and all(space.contains(network) for network in networks)
    for network in networks:
        answers = values_of(network)
        assert compose(space, lambda key, values, answers=answers: answers[key]) == network


def test_only_what_is_still_allowed_is_asked_and_once(tiny_space: SearchSpace) -> None:
    asked: dict[Key, tuple[Value, ...]] = {}

    def last(key: Key, values: Sequence[Value]) -> Value:
        assert key not in asked and len(set(values)) == len(values) > 0
        asked[key] = tuple(values)
        return values[-1] if key[-1] != "op" else values[0]

    network = compose(tiny_space, last)
    assert set(asked) == set(values_of(network))
    assert asked[1, 0, "mixer", "dw_conv", "kernel"] == (3,)  # kernel * dilation <= side, which is 4
    assert asked[1, 0, "mixer", "dw_conv", "dilation"] == (1,)
    assert asked[0, "depth"] == (0, 1)


@pytest.mark.parametrize(("pick", "depths"), [(min, [0, 2]), (max, [1, 1])])
def test_rules_over_all_depths_limit_the_later_stages(tmp_path: Path, pick: Any, depths: list[int]) -> None:
    document = yaml.safe_load(TINY.read_text())
    document["rules"].append("total_depth == 2")
    path = tmp_path / "ruled.yaml"
    path.write_text(yaml.safe_dump(document))
    network = compose(load_space(str(path)), lambda key, values: pick(values))
    assert [len(stage.blocks) for stage in network.stages] == depths
