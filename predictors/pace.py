"""The pace of a shared machine: milliseconds of different minutes made comparable.

On a shared host the same network took from 0.6 to 1.9 times as long from one minute to the next, all networks alike.
Two networks of a profile therefore run in every round of every later measurement (`predictors.timer.Pacer`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from predictors.backends import Known
from predictors.records import BlockRecord, Record
from predictors.timer import Measurement
from supernet import build, deploy

GROUP = 8  # networks that are timed together; the pacers are of the first of them
_COUNT = 2

R = TypeVar("R", Record, BlockRecord)


def pacers(records: Sequence[Record]) -> list[Known]:
    """Return what paces others: of the first eight networks the two whose times are nearest to the median."""
    first = records[:GROUP]
    if not first:
        return []
    times = np.array([record.measurement.median_ms for record in first])
    places = np.argsort(np.abs(times - np.median(times)), kind="stable")[:_COUNT]
    networks = [first[place].architecture for place in places]
    return [
        Known(deploy(build(network)), network.input_shape, float(times[place]))
        for network, place in zip(networks, places, strict=True)
    ]


def usual_pace(records: Sequence[Record | BlockRecord]) -> float | None:
    """Return the median of the records' paces: how slow the machine usually is, in terms of its first group.

    None where nothing was paced.
    """
    paces = [record.measurement.pace for record in records if record.measurement.pace is not None]
    return float(np.median(paces)) if paces else None


def at_pace(records: Sequence[R], usual: float | None) -> tuple[R, ...]:
    """Return records with times as at the pace ``usual``, of which their own paces are then multiples."""
    if usual is None:
        return tuple(records)
    return tuple(replace(record, measurement=_scaled(record, usual)) for record in records)


def _scaled(record: Record | BlockRecord, usual: float) -> Measurement:
    one = record.measurement
    times = {name: usual * getattr(one, name) for name in ("median_ms", "p95_ms", "iqr_ms")}
    return replace(one, **times, pace=(one.pace or 1.0) / usual)
