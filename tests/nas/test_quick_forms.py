"""A training takes the measured forms of depthwise convolution from the profile that its run holds."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import pytest

from nas.devices import Device
from nas.pipeline import quick_forms
from predictors import DeviceProfile
from predictors.backends import Eager, Setting
from supernet.depthwise import Case, DepthwiseTable, choose
from supernet.depthwise.choice import Entry, Forms

CASE = Case((7, 7), 1, (8, 8), 4, 2, "float32", "cpu")
SLOW = Forms("fourier", "fourier", "fourier")  # what no rule says
HERE = DeviceProfile(Eager(Setting()).key, (), depthwise=DepthwiseTable((Entry(CASE, SLOW),)))
OTHER = replace(HERE, key=replace(HERE.key, device="another"))


@pytest.mark.parametrize(
    ("profiles", "used"),
    [([HERE], True), ([OTHER, HERE], True), ([OTHER], False), ([replace(HERE, depthwise=None)], False)],
)
def test_the_profile_of_this_machine_decides_however_the_run_came_by_it(
    profiles: list[DeviceProfile], used: bool
) -> None:
    rule = choose(CASE)
    with quick_forms([Device(str(i), profile, Mock()) for i, profile in enumerate(profiles)]):
        assert choose(CASE) == (SLOW if used else rule)
    assert choose(CASE) == rule
