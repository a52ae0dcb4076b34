"""Predictions of the profile's own networks come from fits that had not seen them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from predictors import DeviceKey, DeviceProfile, Measurement, Record
from predictors.held_out import LEAST, held_out
from predictors.table import CostTable
from search_spaces import SearchSpace

KEY = DeviceKey("device", "cpu", "eager", "float32", "contiguous", 1, 1, "torch 2")


def profile_of(space: SearchSpace, count: int) -> DeviceProfile:
    """A device that takes a millisecond and one more for each million MACs."""
    rng, table = np.random.default_rng(0), CostTable(space)
    networks = list(dict.fromkeys(space.sample(rng) for _ in range(4 * count)))[:count]
    times = [1 + table.price(network)["macs"] / 1e6 for network in networks]
    records = tuple(Record(n, Measurement(t, t, 0.0, 0.0)) for n, t in zip(networks, times, strict=True))
    return DeviceProfile(KEY, records)


def test_a_wrong_measurement_does_not_spoil_its_own_prediction(tiny_space: SearchSpace) -> None:
    profile = profile_of(tiny_space, 36)
    times = np.array([record.measurement.median_ms for record in profile.records])
    mean, sd = held_out(tiny_space, profile)
    assert np.median(np.abs(mean / times - 1)) < 0.05 and (sd > 0).all()
    # Ten times its time: a fit that had seen it would follow.
    wrong = replace(profile.records[5], measurement=Measurement(10 * times[5], 10 * times[5], 0.0, 0.0))
    spoiled = replace(profile, records=(*profile.records[:5], wrong, *profile.records[6:]))
    again, _ = held_out(tiny_space, spoiled)
    assert again[5] == pytest.approx(mean[5])


def test_few_networks_are_refused(tiny_space: SearchSpace) -> None:
    with pytest.raises(ValueError, match="too few"):
        held_out(tiny_space, profile_of(tiny_space, LEAST - 1))
