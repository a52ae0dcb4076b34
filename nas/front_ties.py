"""What front.json says of ties: which networks of the front noise can not tell apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from analysis.fronts import Objective
from analysis.quantities import seen_from
from analysis.ties import Pairs, bootstrap_leads, interval_leads, tied

Entry = Mapping[str, Any]


def front_ties(objectives: Sequence[Objective], entries: Sequence[Entry], correct: Sequence[Tensor]) -> list[list[str]]:
    """Return for each entry of front.json the digests of those that it is tied with.

    ``correct`` says for each entry which images [N] of the search split it gets right.
    """
    leads = [_leads(objective, entries, correct) for objective in objectives]
    return [[entries[j]["digest"] for j in np.flatnonzero(row).tolist()] for row in tied(leads)]


def _leads(objective: Objective, entries: Sequence[Entry], correct: Sequence[Tensor]) -> Pairs:
    if objective.name == "accuracy":
        return bootstrap_leads(np.stack([one.numpy() for one in correct]))
    low, high = np.array([_interval(objective.name, entry) for entry in entries]).T
    return interval_leads(low, high, objective.direction)


def _interval(column: str, entry: Entry) -> tuple[float, float]:
    """Return the middle half of what was measured of a latency, or else its predicted interval; costs are exact."""
    name, _, device = column.partition("@")
    if name != "latency_ms":
        return entry[name], entry[name]
    entry = seen_from(device, entry)
    if "latency_measured_ms" not in entry:
        return entry["latency_low_ms"], entry["latency_high_ms"]
    half = entry["latency_iqr_ms"] / 2
    return entry["latency_measured_ms"] - half, entry["latency_measured_ms"] + half
