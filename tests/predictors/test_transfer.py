"""A device from few measurements and profiles of others, where the truth is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from predictors import CostTable, DeviceProfile, LatencyPredictor, Measurement, Record
from predictors.device import DeviceKey
from predictors.leaning import leaning_on
from predictors.regressors import Encoded
from predictors.spread import farthest
from predictors.transfer import leave_one_out
from search_spaces import Architecture, SearchSpace
from tests.conftest import samples

Milliseconds = Callable[[Architecture], float]


def key(device: str) -> DeviceKey:
    return DeviceKey(device, "pytorch", "eager", "float32", "channels_last", 1, 1, "")


def profile(device: str, networks: list[Architecture], milliseconds: Milliseconds) -> DeviceProfile:
    records = [Record(one, Measurement(milliseconds(one), milliseconds(one), 0.0, 0.0)) for one in networks]
    return DeviceProfile(key(device), tuple(records))


@pytest.fixture(scope="module")
def networks(tiny_space: SearchSpace) -> list[Architecture]:
    return list(dict.fromkeys(samples(tiny_space, 90)))


@pytest.fixture(scope="module")
def devices(tiny_space: SearchSpace, networks: list[Architecture]) -> dict[str, Milliseconds]:
    """Devices with a lookup of their own for each network: bound by MACs, by activations, and a sum of both."""
    table = CostTable(tiny_space)
    costs = {one: table.price(one) for one in samples(tiny_space, 90)}

    def macs(one: Architecture) -> float:
        return 1.0 + 1e-5 * costs[one]["macs"]

    def activations(one: Architecture) -> float:
        return 0.5 + 1e-4 * costs[one]["activations"]

    return {"m": macs, "a": activations, "both": lambda one: 2 * macs(one) + 0.5 * activations(one)}


@pytest.fixture(scope="module")
def transferred(
    tiny_space: SearchSpace, networks: list[Architecture], devices: dict[str, Milliseconds]
) -> DeviceProfile:
    sources = tuple(profile(name, networks[:40], devices[name]) for name in ("m", "a"))
    return replace(profile("both", networks[40:52], devices["both"]), sources=sources)


def test_a_mixture_of_two_devices_is_found_from_twelve_networks(
    tiny_space: SearchSpace, networks: list[Architecture], devices: dict[str, Milliseconds], transferred: DeviceProfile
) -> None:
    predictor = LatencyPredictor.fit(tiny_space, transferred)
    new = networks[52:]
    true = np.array([devices["both"](one) for one in new])
    predicted, low, high = predictor.predict(new)
    assert np.mean(np.abs(predicted - true) / true) < 0.05
    assert (low <= predicted).all() and (predicted <= high).all()
    assert set(predictor.shares) == {key("m").label, key("a").label, "structure"}
    assert sum(predictor.shares.values()) == pytest.approx(1.0)
    assert predictor.shares["structure"] < 0.5, "the other devices carry it"
    ends = predictor.range()
    assert ends[0] <= predicted.min() and predicted.max() <= ends[1]


def test_leaving_one_out_tells_transfer_and_plain_fit_apart(
    tiny_space: SearchSpace, transferred: DeviceProfile
) -> None:
    found = leave_one_out(tiny_space, transferred)
    assert found["transfer"]["mape"] < found["plain"]["mape"]


def test_a_profile_keeps_its_sources(tiny_space: SearchSpace, transferred: DeviceProfile, tmp_path: Path) -> None:
    transferred.save(tmp_path / "p.json")
    again = DeviceProfile.load(tmp_path / "p.json")
    assert again == transferred
    network = [transferred.records[0].architecture]
    first, second = (LatencyPredictor.fit(tiny_space, one).predict(network)[0] for one in (transferred, again))
    assert first == pytest.approx(second)


def sums(hints: np.ndarray, structure: np.ndarray) -> Encoded:
    both = np.hstack([hints, structure])
    return Encoded(np.zeros((len(both), 0), dtype=np.int64), (), {}, both)


def test_the_sum_leans_on_hints_until_they_are_wrong() -> None:
    rng = np.random.default_rng(0)
    hint, structure = rng.uniform(1, 3, (60, 1)), rng.uniform(0, 1, (60, 15))
    noisy = 2 * hint[:, 0] * rng.lognormal(0, 0.1, 60)
    known, new = slice(0, 12), slice(12, 60)
    x, unseen = sums(hint[known], structure[known]), sums(hint[new], structure[new])
    errors = [
        np.mean((kind(relative=True).fit(x, noisy[known]).predict(unseen)[0] / (2 * hint[new, 0]) - 1) ** 2)
        for kind in (leaning_on(0), leaning_on(1))
    ]
    assert errors[1] < errors[0], "twelve measurements do not tell sixteen coefficients"
    other = 1 + 3 * structure[:, 0]  # the hint says nothing of it
    model = leaning_on(1)(relative=True).fit(sums(hint, np.hstack([np.ones((60, 1)), structure])), other)
    assert model.coefficients == pytest.approx([0, 1, 3, *[0] * 14], abs=0.02)
    assert (model.coefficients >= 0).all()


def test_farthest_points_are_those_of_brute_force() -> None:
    points = np.random.default_rng(1).normal(size=(12, 2))
    chosen = farthest(points, 4)
    assert chosen[0] == 0 and len(set(chosen)) == 4
    gaps = np.linalg.norm(points[:, None] - points[None], axis=2)
    for count in (1, 2, 3):
        nearest = gaps[:, chosen[:count]].min(axis=1)
        assert nearest[chosen[count]] == nearest.max()
    spread = min(gaps[a, b] for a, b in combinations(chosen, 2))
    best = max(min(gaps[a, b] for a, b in combinations(four, 2)) for four in combinations(range(12), 4))
    assert spread >= best / 2, "Gonzalez: at least half of the best"
