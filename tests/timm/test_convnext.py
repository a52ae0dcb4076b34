"""Our convnext is timm's."""

from __future__ import annotations

from tests.timm.oracle import check


def test_outputs_equal_timms() -> None:
    check("convnext_tiny")
