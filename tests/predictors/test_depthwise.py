"""The forms of depthwise convolution in a device's profile."""

from __future__ import annotations

from predictors import DeviceProfile
from predictors.backends import Eager, Setting
from predictors.depthwise import BATCH, measure_depthwise
from search_spaces import SearchSpace


def test_every_kernel_of_the_space_is_measured_once_at_its_widest(tiny_space: SearchSpace) -> None:
    table = measure_depthwise(tiny_space, Eager(Setting()), seed=0)
    assert table is not None
    cases = [entry.case for entry in table.entries]
    assert cases and all(case.batch == BATCH and case.device == "cpu" for case in cases)
    shapes = [(case.kernel, case.dilation, case.side) for case in cases]
    assert len(set(shapes)) == len(shapes)
    profile = DeviceProfile(Eager(Setting()).key, (), depthwise=table)
    assert DeviceProfile.from_dict(profile.to_dict(), "profile") == profile


def test_a_device_that_does_not_train_has_no_table(tiny_space: SearchSpace) -> None:
    assert measure_depthwise(tiny_space, Eager(Setting(dtype="bfloat16")), seed=0) is None
