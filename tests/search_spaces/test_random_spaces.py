"""Random small spaces with rules, ties, schedules and choices of every kind: exact counts, legal results."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from search_spaces import Architecture, InputError, SearchSpace, load_space
from tests.search_spaces.test_space import enumerate_space

MIXERS: list[dict[str, Any]] = [
    {"dw_conv": {"kernel": [3, 5], "dilation": 1}, "identity": {}},
    {"dw_conv": {"kernel": [3, 5], "dilation": [1, 2]}},
    {"pool": {"kernel": 3}, "dw_conv": {"kernel": 7, "dilation": 1}, "identity": {}},
    {"identity": {}},
]
RULES = [
    "kernel * dilation <= side",
    "mixer != 'identity' or block > 0",
    "gate != 'se' or mixer == 'dw_conv'",
    "total_depth <= 3",
    "total_depth != 2",
    "width * depth <= 32",
    "downsample_norm != 'layer_norm' or width == 16",
    "kernel > 3 or expansion == 2",
]
TIES: list[tuple[str, Any]] = [
    ("mixer", "stage"),
    ("mixer.op", "stage"),
    ("mixer.op", "ordered"),
    ("mixer.dw_conv.kernel", "stage"),
    ("mixer.dw_conv.kernel", {"alternate": [5, 3], "sparse": [5, 3, 3]}),
    ("channel_mixer.mlp.expansion", "stage"),
    ("gate", "stage"),
]


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a space file of at most some thousand combinations."""
    stages: list[dict[str, Any]] = [
        {"depth": draw(st.sampled_from([[0, 1], [1, 2], [2]])), "width": draw(st.sampled_from([[8], [8, 16]]))},
        {"depth": draw(st.sampled_from([[1], [0, 1], [3]])), "width": 16, "stride": draw(st.sampled_from([1, 2]))},
    ]
    return {
        "schema_version": 1,
        "name": "random",
        "input": {"channels": 1, "resolution": draw(st.sampled_from([[16], [8, 32]]))},
        "classes": 3,
        "stem": {"conv_stem": {"stride": 4, "norm": "batch_norm"}},
        "downsample": {"conv_down": {"norm": draw(st.sampled_from(["batch_norm", ["batch_norm", "layer_norm"]]))}},
        "head": "linear_head",
        "stages": stages,
        "block": {
            "mixer": draw(st.sampled_from(MIXERS)),
            "norm": "batch_norm",
            "gate": draw(st.sampled_from([{"none": {}}, {"se": {"reduction": 4}, "none": {}}])),
            "channel_mixer": {"mlp": {"expansion": draw(st.sampled_from([[1, 2], [2]])), "activation": "gelu"}},
        },
        "rules": draw(st.lists(st.sampled_from(RULES), max_size=3, unique=True)),
        "ties": dict(draw(st.lists(st.sampled_from(TIES), max_size=2))),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spaces")


def load(document: dict[str, Any], folder: Path) -> SearchSpace:
    path = folder / "space.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    try:
        return load_space(str(path))
    except InputError as error:
        assert str(error).startswith(f"{path}:")
        expected = ("no legal network", "no choice of depths", "is not a choice of", "no choice exists")
        assert any(words in str(error) for words in expected), error
        assume(False)
        raise


def combinations(space: SearchSpace) -> int:
    """The number of choices of blocks that a file writes down for its deepest stages, legal or not."""
    stages = [stage for stage in space.stages if stage.positions]
    return prod(prod(len(c) for c in stage.positions[0].values()) ** max(stage.depths) for stage in stages)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(document=documents())
def test_cardinality_is_the_number_of_legal_combinations(document: dict[str, Any], folder: Path) -> None:
    space = load(document, folder)
    assume(combinations(space) <= 1000)
    networks = enumerate_space(space)
    assert space.cardinality() == len(networks) == len({network.digest for network in networks})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(document=documents(), seed=st.integers(0, 2**32 - 1), rate=st.floats(0.01, 1.0))
def test_all_variation_is_legal_and_canonical(document: dict[str, Any], seed: int, rate: float, folder: Path) -> None:
    space, rng = load(document, folder), np.random.default_rng(seed)
    first, second = space.sample(rng), space.sample(rng)
    mutant, child = space.mutate(first, rng, rate), space.crossover(first, second, rng)
    assert (mutant != first) or space.cardinality() < 50
    for network in (first, second, mutant, child, space.largest(), space.smallest(), space.smallest(rng)):
        assert space.contains(network)
        assert space.decode(space.encode(network)) == network
        assert Architecture.from_dict(network.to_dict()) == network


def skeleton(network: Architecture, *, depth: bool, width: bool) -> list[Any]:
    return [(depth and len(stage.blocks), width and stage.width) for stage in network.stages]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(document=documents(), depth=st.booleans(), width=st.booleans(), seed=st.integers(0, 2**32 - 1))
def test_closed_dimensions_stand_at_the_largest(
    document: dict[str, Any], depth: bool, width: bool, seed: int, folder: Path
) -> None:
    space, rng = load(document, folder), np.random.default_rng(seed)
    names = [name for name, closed in (("depth", depth), ("width", width)) if closed]
    closed = space.closed(names)  # type: ignore[arg-type]
    for network in (closed.sample(rng), closed.smallest(rng), closed.mutate(closed.largest(), rng)):
        largest = space.at(network.resolution).largest()
        assert space.contains(network)
        assert skeleton(network, depth=depth, width=width) == skeleton(largest, depth=depth, width=width)
    assert closed.largest() == space.largest()
    whole = space.closed([*names, "expansion"])  # type: ignore[list-item]
    assert all(closed.contains(whole.sample(rng)) for _ in range(3))
    assert whole.cardinality() <= closed.cardinality() <= space.cardinality()
