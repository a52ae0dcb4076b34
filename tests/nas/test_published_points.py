"""Published networks stand beside a front where they are points of its space, and only there."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from nas.devices import Device
from nas.published_points import published_points
from predictors import DeviceProfile, LatencyPredictor
from predictors.table import CostTable
from search_spaces import Architecture, SearchSpace
from search_spaces.published import load_published, published


class Depths:
    """Predicts a millisecond for each block."""

    def predict(self, architectures: list[Architecture]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        blocks = np.array([float(sum(len(stage.blocks) for stage in one.stages)) for one in architectures])
        return blocks, blocks - 1, blocks + 1


def points(space: SearchSpace) -> list[dict[str, Any]]:
    device = Device("", cast(DeviceProfile, None), cast(LatencyPredictor, Depths()))
    return published_points(space, CostTable(space), [device])


def test_a_member_has_its_published_accuracy_and_the_costs_of_this_space() -> None:
    network = load_published("repvgg_a0")
    (point,) = points(SearchSpace.of(network))
    assert point["name"] == "repvgg_a0" and point["digest"] == network.digest
    assert point["accuracy"] == (published()["repvgg_a0"].top1 or 0) / 100
    assert (point["latency_low_ms"], point["latency_ms"], point["latency_high_ms"]) == (16, 17, 18)
    assert point["params"] == 8_309_384  # deployed, as its authors count it


def test_other_data_and_networks_without_an_accuracy_have_none(tiny_space: SearchSpace) -> None:
    assert points(tiny_space) == []
    unscored = next(name for name, one in published().items() if one.top1 is None)
    assert points(SearchSpace.of(load_published(unscored))) == []
