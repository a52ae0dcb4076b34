"""How sure a figure over architectures is: percentile bootstrap intervals and a permutation test, both seeded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Indices = NDArray[np.int64]
Statistic = Callable[[Indices], float]  # of the architectures with these indices, some perhaps more than once

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval, all in the unit of the statistic."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: float, samples: ArrayLike) -> Estimate:
        """Return the percentile interval of bootstrap ``samples`` [B] around a value (Efron, 1979)."""
        low, high = np.quantile(np.asarray(samples, dtype=float), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return cls(value, float(low), float(high))

    @property
    def sign(self) -> int:
        """1 where the whole interval is above 0, -1 where it is below, 0 where it holds 0."""
        return (self.low > 0) - (self.high < 0)

    def to_dict(self) -> dict[str, float]:
        """Return the JSON form."""
        return {"value": self.value, "low": self.low, "high": self.high}

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


class Bootstrap:
    """Resamples of N architectures, the same for every statistic, so that differences of statistics are paired.

    With ``groups`` (a label each) architectures are resampled inside their group, whose size does not change.
    """

    def __init__(self, groups: Sequence[str], resamples: int = 1000, seed: int = 0):
        rng = np.random.default_rng(seed)
        labels = np.asarray(groups)
        self.all = np.arange(len(labels))
        self.draws = np.empty((resamples, len(labels)), dtype=np.int64)
        for label in dict.fromkeys(groups):
            members = np.flatnonzero(labels == label)
            self.draws[:, members] = rng.choice(members, (resamples, len(members)))

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How often each architecture is in each resample [B, N]."""
        counts = np.zeros_like(self.draws)
        np.add.at(counts, (np.arange(len(counts))[:, None], self.draws), 1)
        return counts

    def estimate(self, statistic: Statistic) -> Estimate:
        """Return a statistic of all architectures with its interval."""
        return Estimate.of(statistic(self.all), [statistic(draw) for draw in self.draws])


def shuffled(groups: Sequence[str], count: int, seed: int = 0) -> Indices:
    """Return ``count`` random orders [count, N] that move architectures inside their group alone."""
    rng = np.random.default_rng(seed)
    labels = np.asarray(groups)
    orders = np.tile(np.arange(len(labels)), (count, 1))
    for label in dict.fromkeys(groups):
        members = np.flatnonzero(labels == label)
        orders[:, members] = rng.permuted(orders[:, members], axis=1)
    return orders


def chance(value: float, under_chance: ArrayLike) -> float:
    """Return the one-sided p-value of a value that is larger than chance: the share of orders that reach it.

    ``under_chance`` [B] are values of random orders; the order that was found counts as one of them.
    """
    reached = np.asarray(under_chance) >= value - 1e-12
    return (1 + int(reached.sum())) / (1 + len(reached))
