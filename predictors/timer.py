"""A timer to trust: warm, pinned threads, no denormals, networks interleaved, noise recorded.

Rounds of all networks are interleaved, so that a neighbour's burst of work falls on all alike; on a shared
two-core machine the medians of networks timed one after the other differ by 40 % (reference in docs). Its speed also
changes from minute to minute, by up to 90 %: networks known already (pacers) run in every round, and what the others
took is divided by how many times longer than usual the pacers took in it.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import ceil
from typing import NamedTuple

import numpy as np
import torch

NOISY = 0.10  # IQR / median above this marks a measurement
_ROUNDS = 15
_RETRIES = 2
_WARM_SECONDS = 0.05
_SAMPLE_SECONDS = 0.003

Clock = Callable[[], float]
Call = Callable[[], object]


class Pacer(NamedTuple):
    """A call whose usual milliseconds are known: in each round it tells how slow the machine is."""

    call: Call
    usual_ms: float


@dataclass(frozen=True)
class Measurement:
    """Milliseconds for one call (a whole batch): median, 95th percentile, interquartile range.

    ``load`` is the machine's load average of the last minute when the measurement began, ``energy_mj`` the millijoules
    of a call where the machine counts them. With a ``pace`` the milliseconds are those at the machine's usual speed: it
    took ``pace`` times as long then.
    """

    median_ms: float
    p95_ms: float
    iqr_ms: float
    load: float
    energy_mj: float | None = None
    pace: float | None = None

    @property
    def noisy(self) -> bool:
        """Whether the interquartile range exceeds 10 % of the median."""
        return self.iqr_ms > NOISY * self.median_ms


@contextmanager
def quiet_torch(threads: int) -> Iterator[None]:
    """Run with a fixed number of threads, without gradients and denormal numbers; restore threads after."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(before)
        torch.set_flush_denormal(False)


def measure_interleaved(
    calls: Sequence[Call], pacers: Sequence[Pacer] = (), *, clock: Clock = time.perf_counter
) -> list[Measurement]:
    """Time calls, each of which runs one network on one batch; ``clock`` tells seconds when all work is done.

    With ``pacers`` the times are at their pace. Noisy ones are measured again, twice at most; the calmest measurement
    of each is kept.
    """
    best: dict[int, Measurement] = {}
    todo = list(range(len(calls)))
    timed = [_Timed(call, _warm(call, clock), clock) for call in calls]
    paced = [(_Timed(call, _warm(call, clock), clock), usual) for call, usual in pacers]
    for _ in range(1 + _RETRIES):
        for i, found in _rounds(timed, todo, paced).items():
            calmer = i not in best or _spread(found) < _spread(best[i])
            best[i] = found if calmer else best[i]
        todo = [i for i in todo if best[i].noisy]
    return [best[i] for i in range(len(calls))]


def _spread(measurement: Measurement) -> float:
    return measurement.iqr_ms / max(measurement.median_ms, 1e-9)


def _warm(call: Call, clock: Clock) -> int:
    """Run until warm; return how many calls make one sample long enough to be timed."""
    call()
    started, calls = clock(), 0
    while calls < 3 or clock() - started < _WARM_SECONDS:
        call()
        calls += 1
    return max(1, ceil(_SAMPLE_SECONDS / max((clock() - started) / calls, 1e-9)))


class _Timed(NamedTuple):
    """A warm call that is run ``repeats`` times for one sample."""

    call: Call
    repeats: int
    clock: Clock

    def sample(self) -> float:
        """Return the milliseconds of one call."""
        started = self.clock()
        for _ in range(self.repeats):
            self.call()
        return 1e3 * (self.clock() - started) / self.repeats


def _rounds(
    timed: Sequence[_Timed], todo: Sequence[int], paced: Sequence[tuple[_Timed, float]]
) -> dict[int, Measurement]:
    samples: dict[int, list[float]] = {i: [] for i in todo}
    paces: list[float] = []
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    for _ in range(_ROUNDS):
        pace = math.exp(float(np.mean([math.log(one.sample() / usual) for one, usual in paced]))) if paced else 1.0
        paces.append(pace)
        for i in todo:
            samples[i].append(timed[i].sample() / pace)
    pace = float(np.median(paces)) if paced else None
    return {i: replace(summary(values, load), pace=pace) for i, values in samples.items()}


def summary(samples: Sequence[float], load: float) -> Measurement:
    """Return the measurement of samples in milliseconds."""
    low, median, high, late = np.percentile(samples, [25, 50, 75, 95])
    return Measurement(float(median), float(late), float(high - low), round(load, 2))
