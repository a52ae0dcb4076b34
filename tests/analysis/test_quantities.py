"""Values as a reader sees them: three digits and a unit."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.quantities import latency_text, quantity


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("accuracy", 0.9234, "92.3 %"), ("latency_ms", 0.04567, "0.0457 ms"), ("latency_ms", 123.4, "123 ms"),
     ("macs", 1_234_567, "1.23 M"), ("params", 950, "950"), ("params", 20_160, "20.2 k"),
     ("peak_memory_bytes", 3 * 2**20, "3.00 MiB"), ("macs", None, "not recorded"),
     ("accuracy", float("nan"), "not recorded"), ("latency_ms", 0, "0 ms")],
)  # fmt: skip
def test_text(name: str, value: Any, text: str) -> None:
    assert quantity(name).text(value) == text


def test_an_unknown_column_keeps_its_name_and_unit() -> None:
    energy = quantity("energy", "mJ")
    assert (energy.axis_title, energy.text(2.0)) == ("energy (mJ)", "2.00 mJ")


def test_latency_with_and_without_interval() -> None:
    row = {"latency_ms": 1.0, "latency_low_ms": 0.9, "latency_high_ms": 1.2}
    assert latency_text(row) == "1.00 ms (0.900 to 1.20)"
    assert latency_text({"latency_ms": 1.0}) == "1.00 ms"
    assert latency_text({}) == "not recorded"
