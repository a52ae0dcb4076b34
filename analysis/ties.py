"""Which networks of a front stand there by noise alone.

On a front each network is better than each other one in some objective. Where that lead is within noise, the other one
may in truth dominate it: the two are tied. Everything here is about pairs: ``leads[i, j]`` says whether network i is
clearly better than j.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.fronts import Direction

RESAMPLES = 10_000
_LEVEL = 0.95

Pairs = NDArray[np.bool_]


def tied(leads: Sequence[Pairs]) -> Pairs:
    """Return the pairs [K,K] of which one has no clear lead over the other, from the leads of each objective."""
    any_lead = np.logical_or.reduce(list(leads))
    return ~(any_lead & any_lead.T) & ~np.eye(len(any_lead), dtype=bool)


def bootstrap_leads(correct: ArrayLike, seed: int = 0) -> Pairs:
    """Return the leads [K,K] in accuracy of K networks, from which of the same N examples each gets right [K,N].

    A lead is clear where the central 95 % interval of the difference, over paired bootstrap resamples of the examples
    (Efron and Tibshirani, 1993), lies above 0. A difference hangs only on how many examples the first alone and the
    second alone get right, so these counts are resampled, which is the same.
    """
    right = np.asarray(correct, dtype=np.int64)
    alone = right @ (1 - right).T  # [i, j]: examples that i gets right and j does not
    rng = np.random.default_rng(seed)
    leads = np.zeros(alone.shape, dtype=bool)
    for i, j in np.argwhere(alone > alone.T):
        first, second = alone[i, j], alone[j, i]
        shares = np.array([first, second, right.shape[1] - first - second]) / right.shape[1]
        drawn = rng.multinomial(right.shape[1], shares, size=RESAMPLES)
        leads[i, j] = np.quantile(drawn[:, 0] - drawn[:, 1], (1 - _LEVEL) / 2) > 0
    return leads


def interval_leads(low: ArrayLike, high: ArrayLike, direction: Direction) -> Pairs:
    """Return the leads [K,K] in an objective of which each network has an interval: those that do not touch.

    An objective that is exact has equal ends.
    """
    least, most = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    below = most[:, None] < least[None, :]
    return below if direction == "min" else below.T
