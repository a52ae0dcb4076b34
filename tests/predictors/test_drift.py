"""Anchors of a profile tell a slower machine from a wrong predictor, without real time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from torch import nn

from analysis.quantities import drift_text
from predictors import DeviceProfile, Measurement, Record, measure_beside
from predictors.backends import Eager, Setting
from predictors.drift import anchors
from predictors.profiling import networks_to_measure
from search_spaces import InputError, SearchSpace


def profile_of(space: SearchSpace) -> DeviceProfile:
    architectures = networks_to_measure(space, 9, 0)
    spread = [Measurement(float(1 + i), float(1 + i), 0.5 * (i == 4) * (1 + i), 0.0) for i in range(9)]
    return DeviceProfile(Eager(Setting()).key, tuple(Record(a, m) for a, m in zip(architectures, spread, strict=True)))


def test_anchors_are_calm_and_spread(tiny_space: SearchSpace) -> None:
    profile = profile_of(tiny_space)
    found = [record.measurement.median_ms for record in anchors(profile, 3)]
    assert found == [1.0, 6.0, 9.0], "first, middle and last of the calm ones"
    assert 5.0 not in [record.measurement.median_ms for record in anchors(profile, 9)], "noisy"


@pytest.mark.parametrize(
    ("speeds", "kept", "rounds"),
    [([1.04], 1.04, 1), ([1.6, 1.05], 1.05, 2), ([1.6, 1.4, 1.5], 1.4, 3), ([0.5, 1.3, 0.95], 0.95, 3)],
)
def test_a_machine_that_changed_its_speed_is_measured_again(
    tiny_space: SearchSpace, speeds: list[float], kept: float, rounds: int
) -> None:
    profile = profile_of(tiny_space)
    known = [record.measurement.median_ms for record in anchors(profile)]
    left = list(speeds)

    class Changing(Eager):
        def measure(self, networks: Sequence[nn.Module], shapes: Sequence[tuple[int, int, int]]) -> list[Measurement]:
            speed = left.pop(0)
            return [Measurement(speed * ms, speed * ms, 0.0, 0.0) for ms in (7.0, *known)]

    found = measure_beside([nn.Identity()], [tiny_space.input_shape], profile, Changing(Setting()))
    assert found.drift == pytest.approx(kept)
    assert [m.median_ms for m in found.measurements] == [pytest.approx(7 * kept)]
    assert len(speeds) - len(left) == rounds
    assert found.to_dict() == {"factor": found.drift, "drifted": abs(kept - 1) > 0.1}
    assert bool(drift_text({"drift": found.to_dict()})) == found.drifted


def test_another_key_is_refused(tiny_space: SearchSpace) -> None:
    with pytest.raises(InputError, match="the profile: measured under another key: batch 1, wanted 32"):
        measure_beside([nn.Identity()], [tiny_space.input_shape], profile_of(tiny_space), Eager(Setting(batch=32)))


def test_the_speed_is_said_as_a_share() -> None:
    assert "networks of the profile ran at 62.5 % of the speed" in drift_text(
        {"drift": {"factor": 1.6, "drifted": True}}
    )
    assert drift_text({"drift": {"factor": 1.6, "drifted": False}}) == "", "the threshold is that of the measurement"
    assert drift_text({}) == ""
