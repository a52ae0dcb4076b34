"""Our focalnet is timm's."""

from __future__ import annotations

from tests.timm.oracle import check


def test_outputs_equal_timms() -> None:
    check("focalnet_tiny_lrf")
