"""Which networks front.json calls tied: latency by what was measured of it, costs exactly, accuracy by images."""

from __future__ import annotations

from typing import Any

import torch

from analysis.fronts import Objective
from nas.front_ties import front_ties

ACCURACY, LATENCY, MACS = Objective("accuracy", "max"), Objective("latency_ms", "min"), Objective("macs", "min")
SAME = [torch.arange(100) < 50] * 2
BETTER = [torch.arange(100) < 50, torch.arange(100) < 70]


def _entries(**figures: tuple[float, float]) -> list[dict[str, Any]]:
    return [{"digest": "ab"[i], **{name: pair[i] for name, pair in figures.items()}} for i in range(2)]


MEASURED = _entries(latency_ms=(1, 9), latency_low_ms=(0, 0), latency_high_ms=(9, 9),
                    latency_measured_ms=(2.0, 3.0), latency_iqr_ms=(0.8, 0.8), macs=(1, 1))  # fmt: skip


def test_a_clear_trade_is_no_tie() -> None:
    assert front_ties([ACCURACY, LATENCY], MEASURED, BETTER) == [[], []]


def test_equal_accuracy_is_a_tie() -> None:
    assert front_ties([ACCURACY, LATENCY], MEASURED, SAME) == [["b"], ["a"]]


def test_timings_that_overlap_are_a_tie() -> None:
    entries = [{**entry, "latency_iqr_ms": 1.2} for entry in MEASURED]
    assert front_ties([ACCURACY, LATENCY], entries, BETTER) == [["b"], ["a"]]


def test_what_was_not_measured_has_its_predicted_interval() -> None:
    keys = ("digest", "latency_ms", "latency_low_ms", "latency_high_ms")
    entries = [{key: entry[key] for key in keys} for entry in MEASURED]
    assert front_ties([ACCURACY, LATENCY], entries, BETTER) == [["b"], ["a"]]
    entries[0]["latency_high_ms"], entries[1]["latency_low_ms"] = 2, 3
    assert front_ties([ACCURACY, LATENCY], entries, BETTER) == [[], []]


def test_a_device_of_several_has_its_own_timings() -> None:
    entries = [
        {"digest": entry["digest"], **{f"{name}@pi": value for name, value in entry.items() if "latency" in name}}
        for entry in MEASURED
    ]
    latency = Objective("latency_ms@pi", "min")
    assert front_ties([ACCURACY, latency], entries, BETTER) == [[], []]
    entries = [{**entry, "latency_iqr_ms@pi": 1.2} for entry in entries]
    assert front_ties([ACCURACY, latency], entries, BETTER) == [["b"], ["a"]]


def test_costs_are_exact() -> None:
    entries = _entries(macs=(1_000_000, 1_000_001))
    assert front_ties([ACCURACY, MACS], entries, BETTER) == [[], []]
