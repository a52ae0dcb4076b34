"""Several forms of one computation timed beside each other, so that a neighbour's burst of work falls on all alike.

A round times every form once, each round beginning with another one; the ratio of two forms is the median of the
ratios within rounds. Process time (all threads together) is what work on other cores lengthens least; wall time is what
a person waits, and the only one that says something of threads and of a GPU.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf
from typing import Literal

import numpy as np
from scipy.stats import binom

from benchmarks.harness.load import Load, watch

Clock = Literal["process", "wall"]
NOISY = 0.10  # interquartile range / median above this marks a timing
_CONFIDENCE = 0.95
_SAMPLE_SECONDS = 0.005  # a sample of a shorter call is the mean of several calls


@dataclass(frozen=True)
class Spread:
    """Median and quartiles."""

    median: float
    q1: float
    q3: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> Spread:
        """Return the spread of samples."""
        q1, median, q3 = np.percentile(samples, [25, 50, 75])
        return cls(float(median), float(q1), float(q3))

    @property
    def noisy(self) -> bool:
        """Whether the quartiles are more than 10 % of the median apart."""
        return self.q3 - self.q1 > NOISY * self.median

    def verdict(self, *, at_least: float = -inf, at_most: float = inf) -> str:
        """Return ``met`` or ``missed`` of a goal, or ``noisy`` where the goal lies between the quartiles."""
        return _verdict(self.q1, self.q3, at_least, at_most)


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one call in every round, in the order of the rounds, and the load of all rounds."""

    process_samples: tuple[float, ...]
    wall_samples: tuple[float, ...]
    load: Load

    def samples(self, clock: Clock) -> tuple[float, ...]:
        """Return the samples by one clock."""
        return self.process_samples if clock == "process" else self.wall_samples

    @property
    def process_ms(self) -> Spread:
        """Milliseconds of CPU, of all threads together."""
        return Spread.of(self.process_samples)

    @property
    def wall_ms(self) -> Spread:
        """Milliseconds of wall time."""
        return Spread.of(self.wall_samples)

    def columns(self, name: str, clock: Clock = "process") -> dict[str, float]:
        """Return the columns of a row: median and quartiles by one clock, median by the other."""
        spread, other = Spread.of(self.samples(clock)), "wall" if clock == "process" else "process"
        return {
            f"{name}_ms": spread.median,
            f"{name}_q1_ms": spread.q1,
            f"{name}_q3_ms": spread.q3,
            f"{name}_{other}_ms": Spread.of(self.samples(other)).median,
        }


@dataclass(frozen=True)
class Ratio:
    """The median over rounds of a / b, with an interval that holds the true median with 95 % confidence.

    The interval is between two of the sorted ratios (sign test); of fewer than six rounds it is the whole range, which
    is less than 95 %.
    """

    median: float
    low: float
    high: float

    def verdict(self, *, at_least: float = -inf, at_most: float = inf) -> str:
        """Return ``met`` or ``missed`` of a goal, or ``noisy`` where the goal lies inside the interval."""
        return _verdict(self.low, self.high, at_least, at_most)

    def columns(self, name: str = "ratio") -> dict[str, float]:
        """Return the columns of a row."""
        return {name: self.median, f"{name}_low": self.low, f"{name}_high": self.high}


def _verdict(low: float, high: float, at_least: float, at_most: float) -> str:
    if at_least <= low and high <= at_most:
        return "met"
    return "missed" if high < at_least or low > at_most else "noisy"


def compare(
    calls: Mapping[str, Callable[[], object]],
    *,
    rounds: int = 11,
    warmup: int = 2,
    finish: Callable[[], object] = lambda: None,
) -> dict[str, Timing]:
    """Time all calls in interleaved rounds; ``finish`` waits until a device has done its work.

    The first ``warmup`` calls of each are not counted. The caller sets the number of threads.
    """
    names = list(calls)
    repeats = {name: _warm(calls[name], warmup, finish) for name in names}
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with watch() as load:
        for i in range(rounds):
            first = i % len(names)
            for name in [*names[first:], *names[:first]]:
                samples[name].append(_sample(calls[name], repeats[name], finish))
    return {name: Timing(*zip(*samples[name], strict=True), load=load) for name in names}


def ratio(a: Timing, b: Timing, clock: Clock = "process") -> Ratio:
    """Return a / b, round by round; both are of one `compare`."""
    found = np.sort(np.divide(a.samples(clock), b.samples(clock)))
    # The k-th smallest and largest hold the median unless fewer than k of n fair coins fall on one side.
    k = max(0, int(binom.ppf((1 - _CONFIDENCE) / 2, len(found), 0.5)) - 1)
    return Ratio(float(np.median(found)), float(found[k]), float(found[-1 - k]))


def _warm(call: Callable[[], object], calls: int, finish: Callable[[], object]) -> int:
    """Run until warm; return how many calls make one sample long enough."""
    call()
    finish()
    seconds = min(_sample(call, 1, finish)[1] for _ in range(max(1, calls))) / 1e3
    return max(1, ceil(_SAMPLE_SECONDS / max(seconds, 1e-9)))


def _sample(call: Callable[[], object], repeats: int, finish: Callable[[], object]) -> tuple[float, float]:
    """Return milliseconds of process and wall time of a call."""
    process, wall = time.process_time(), time.perf_counter()
    for _ in range(repeats):
        call()
    finish()
    return 1e3 * (time.process_time() - process) / repeats, 1e3 * (time.perf_counter() - wall) / repeats
