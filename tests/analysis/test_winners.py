"""What dimensions contribute: settings counted by hand, importances of known functions, preferences against chance."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analysis import Run
from analysis.dimensions import Counts, count_settings, features, settings_of
from analysis.importance import importance, preferences
from analysis.winners import Winners, importance_figure, settings_figure
from search_spaces import Architecture
from tests.analysis.synthetic import make_architecture, make_run

RNG = np.random.default_rng(0)
NETWORKS = [Architecture.from_dict(make_architecture(RNG)) for _ in range(20)]


def test_the_settings_of_one_network_are_those_of_its_stages_and_blocks() -> None:
    network = next(one for one in NETWORKS if len(one.stages[2].blocks) > 1)
    found, stage = settings_of(network), network.stages[2]
    assert found["resolution", -1] == [32] and found["width", 2] == [stage.width]
    assert found["depth", 2] == [len(stage.blocks)] and found["downsample", 2] == ["conv_down"]
    assert found["mixer", 2] == [block.mixer.op for block in stage.blocks]
    kernels = [v for block in stage.blocks for name, v in block.mixer.params if name in ("kernel", "band")]
    assert list(found.get(("kernel", 2), [])) == kernels
    assert found["expansion", 2] == [block.channel_mixer["expansion"] for block in stage.blocks]


def test_counts_are_those_of_the_blocks() -> None:
    counts = count_settings([settings_of(one) for one in NETWORKS])
    names = {name for name, _ in counts.levels}
    assert {"kernel", "mixer", "gate", "depth", "width", "expansion"} <= names
    assert not names & {"resolution", "norm", "downsample"}  # all networks have the same
    blocks = [block for one in NETWORKS for stage in one.stages for block in stage.blocks]
    shares = dict(zip(counts.levels, counts.shares(np.arange(20)), strict=True))
    assert shares["mixer", "pool"] == pytest.approx(np.mean([block.mixer.op == "pool" for block in blocks]))
    dilations = [v for block in blocks for name, v in block.mixer.params if name == "dilation"]
    assert shares["dilation", 2] == pytest.approx(np.mean(np.array(dilations) == 2))
    widest = [max(one.stages[i].width for one in NETWORKS) for i in range(3)]
    full = [one.stages[i].width == widest[i] for one in NETWORKS for i in range(3)]
    assert shares["width", 100] == pytest.approx(np.mean(full))
    for name in names:
        assert sum(share for (of, _), share in shares.items() if of == name) == pytest.approx(1)


def test_features_are_means_and_shares_by_stage() -> None:
    networks = [
        {("kernel", 0): [3, 7], ("mixer", 0): ["a", "b"], ("depth", 0): [2]},
        {("mixer", 0): ["a", "a", "a"], ("depth", 0): [3]},
    ]
    found = features(networks)
    assert found["kernel"].tolist() == [[5], [-1]] and found["depth"].tolist() == [[2], [3]]
    assert found["mixer"].tolist() == [[0.5, 0.5], [1, 0]]
    assert not features(networks[:1] * 2)  # nothing differs


def test_importance_is_that_of_a_known_sum() -> None:
    rng = np.random.default_rng(0)
    numbers = {"depth": rng.random((300, 1)), "kernel": rng.random((300, 2)), "gate": rng.random((300, 3))}
    target = 3 * numbers["depth"][:, 0] + numbers["kernel"].sum(axis=1)
    found = importance(numbers, target)
    assert found is not None and found.explained > 0.8
    # The variances are 9, 2 and 0 parts of 11; trees see the lesser one a little less.
    assert found.of["depth"] == pytest.approx(9 / 11, rel=0.2)
    assert 0.08 < found.of["kernel"] < 0.2 and found.of["gate"] < 0.01
    assert importance(numbers, target) == found


def test_noise_hangs_on_nothing_and_too_little_is_not_told() -> None:
    rng = np.random.default_rng(1)
    numbers, noise = {"depth": rng.random((100, 3))}, rng.random(100)
    found = importance(numbers, noise)
    assert found is not None and found.explained < 0.1
    assert importance({"depth": numbers["depth"][:19]}, noise[:19]) is None
    assert importance(numbers, np.ones(100)) is None and importance({}, noise) is None


def _counts(kernels: np.ndarray) -> Counts:
    return count_settings([{("kernel", 0): row.tolist()} for row in kernels])


def test_a_setting_that_the_front_has_much_more_often_is_named() -> None:
    kernels = np.random.default_rng(2).choice([3, 7, 13], size=(200, 4))
    front = np.arange(12)
    kernels[front] = 13
    found = preferences(_counts(kernels), front)
    assert (found[0].dimension, found[0].setting, found[0].share) == ("kernel", "13", 1.0)
    assert {one.setting for one in found[1:]} == {"3", "7"} and all(one.share == 0 for one in found[1:])


def test_a_share_of_hardly_any_blocks_is_no_preference() -> None:
    # Half of the front's two blocks with a kernel have 3; beside hundreds that say little.
    rng = np.random.default_rng(4)
    networks = [
        {("kernel", 0): rng.choice([3, 7], p=[0.1, 0.9], size=4).tolist(), ("depth", 0): [4]} for _ in range(80)
    ]
    networks[:10] = [{("depth", 0): [4]} for _ in range(9)] + [{("kernel", 0): [3, 7], ("depth", 0): [4]}]
    assert preferences(count_settings(networks), np.arange(10)) == []


def test_chance_is_seldom_named() -> None:
    rng = np.random.default_rng(3)
    counts = _counts(rng.choice([3, 5, 7, 9, 11, 13], size=(100, 6)))
    named = [bool(preferences(counts, rng.choice(100, 10, replace=False))) for _ in range(40)]
    assert sum(named) <= 6  # 5 % are expected, 2 of 40


def test_a_front_of_everything_or_nothing_prefers_nothing() -> None:
    counts = _counts(np.random.default_rng(2).choice([3, 7], size=(10, 4)))
    assert preferences(counts, np.arange(10)) == [] == preferences(counts, np.arange(0))


def test_winners_of_a_run_are_said_and_drawn(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", count=120)
    path = folder / "evaluations.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    front = {entry["digest"] for entry in Run(folder).front["entries"]}
    for line in lines:
        pooled = line["digest"] in front
        for stage in line["architecture"]["stages"]:
            for block in stage["blocks"]:
                block["mixer"] = {"op": "pool", "kernel": 3} if pooled else block["mixer"]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    winners = Winners(Run(folder))
    words = " ".join(winners.words())
    assert "Winners have mixer pool more often: 100.0 % beside" in words
    assert "For predicted latency, these count most, by their share of its variance: depth (" in words
    assert words.count("Winners have mixer") == 1
    assert len(winners.front) == len(front)
    bars = settings_figure(winners.counts, winners.front).to_dict()["data"]
    assert [bar["name"] for bar in bars] == ["all evaluated", "front"]
    (found,) = (one for objective, one in winners.importances.items() if objective.name == "latency_ms")
    figure = importance_figure(winners.importances).to_dict()["data"]
    assert figure[-1]["x"][0] == max(found.of, key=lambda name: found.of[name]) == "depth"
