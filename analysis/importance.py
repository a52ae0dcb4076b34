"""How much of an objective hangs on a dimension, and which settings winners have more often than others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.dimensions import Counts, Floats

LEAST = 20  # networks that a model needs
_FOLDS, _TREES, _REPEATS = 5, 100, 5
_DRAWS, _LEVEL = 1000, 0.95


@dataclass(frozen=True)
class Importance:
    """``explained`` is the share of the variance that a model predicts on networks that it has not seen (R²).

    ``of`` is the total effect of each dimension, a share of the variance too: half of the squared error that comes of
    taking its settings from another network (Jansen, Computer Physics Communications 1999). What dimensions do
    together counts for each of them.
    """

    explained: float
    of: Mapping[str, float]


def importance(features: Mapping[str, Floats], target: Floats, seed: int = 0) -> Importance | None:
    """Return what a target [N] hangs on, from the numbers [N,F] of each dimension; None where there is too little.

    Permutation importance (Breiman, "Random forests", Machine Learning 2001) of whole dimensions at a time, of
    extremely randomised trees, on the folds of a cross-validation that they were not fitted on.
    """
    if len(target) < LEAST or not features or not np.isfinite(target).all() or np.ptp(target) == 0:
        return None
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.model_selection import KFold

    rng, table = np.random.default_rng(seed), np.hstack(list(features.values()))
    ends = np.cumsum([numbers.shape[1] for numbers in features.values()])
    errors, shuffled = 0.0, np.zeros(len(features))
    for fitted, held in KFold(_FOLDS, shuffle=True, random_state=seed).split(table):
        trees = ExtraTreesRegressor(_TREES, min_samples_leaf=2, random_state=seed).fit(table[fitted], target[fitted])
        errors += float(((trees.predict(table[held]) - target[held]) ** 2).sum())
        copies = _exchanged(table, held, ends, rng)
        predicted = trees.predict(copies.reshape(-1, table.shape[1])).reshape(copies.shape[:-1])
        shuffled += ((predicted - target[held]) ** 2).mean(axis=1).sum(axis=1)
    spread = float(((target - target.mean()) ** 2).sum())
    effects = np.maximum((shuffled - errors) / spread / 2, 0.0)
    return Importance(1 - errors / spread, dict(zip(features, effects.tolist(), strict=True)))


def _exchanged(table: Floats, held: NDArray[np.intp], ends: NDArray[np.intp], rng: np.random.Generator) -> Floats:
    """Return the held rows [D,R,H,F], in copy d with the columns of dimension d taken from other networks."""
    copies = np.tile(table[held], (len(ends), _REPEATS, 1, 1))
    for d, (begin, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        others = rng.integers(len(table), size=(_REPEATS, len(held)))
        copies[d, :, :, begin:end] = table[others, begin:end]
    return copies


@dataclass(frozen=True)
class Preference:
    """A setting whose share on a front is further from that in all networks than chance explains."""

    dimension: str
    setting: str
    share: float
    share_of_all: float


def preferences(counts: Counts, front: NDArray[np.intp], seed: int = 0) -> list[Preference]:
    """Return the settings that the networks ``front`` prefer or avoid, the clearest first.

    The measure of chance are as many networks drawn from all: a setting counts where its number is further from what
    its share in all would give, in standard deviations, than that of any setting is in 95 % of the draws.
    """
    everything = np.arange(len(counts.number))
    if not 0 < len(front) < len(everything) or not counts.levels:
        return []
    rng, usual, found = np.random.default_rng(seed), counts.shares(everything), counts.shares(front)
    # Numbers and not shares: a setting that hardly any block could have is soon in half of those that could.
    surplus = counts.number - usual * counts.total
    draws = (rng.choice(everything, len(front), replace=False) for _ in range(_DRAWS))
    drawn = np.array([surplus[networks].sum(axis=0) for networks in draws])
    spread = drawn.std(axis=0)
    spread[spread == 0] = np.inf
    distance = np.abs(surplus[front].sum(axis=0)) / spread
    clear = distance > np.quantile(np.abs(drawn / spread).max(axis=1), _LEVEL)
    return [
        Preference(counts.levels[i][0], str(counts.levels[i][1]), float(found[i]), float(usual[i]))
        for i in np.argsort(-distance, kind="stable").tolist()
        if clear[i]
    ]
