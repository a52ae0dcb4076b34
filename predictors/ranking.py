"""How well predicted values order architectures: tau, Spearman, the top, regret; pairs that may be compared.

``predicted`` and ``true`` are arrays [N], one value an architecture, and more is better in both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

Pairs = NDArray[np.bool_]

TOP = 0.25  # the share of the architectures that `top_tau` looks at
BAND = 0.10  # two costs are equal where the larger is at most so much above the smaller


def tau(predicted: ArrayLike, true: ArrayLike, pairs: Pairs | None = None) -> float:
    """Return Kendall's tau-b, from -1 to 1, over all pairs or over those of the symmetric mask ``pairs`` [N, N].

    Concordant minus discordant pairs, over the geometric mean of the pairs that are not tied in ``predicted``
    and those not tied in ``true`` (Kendall, 1945). 0 where either side is constant over the pairs.
    """
    return float(taus(predicted, true, np.ones((1, len(np.asarray(true)))), pairs)[0])


def taus(predicted: ArrayLike, true: ArrayLike, counts: ArrayLike, pairs: Pairs | None = None) -> NDArray[np.float64]:
    """Return `tau` of each resample [B]; ``counts`` [B, N] says how often an architecture is in it.

    The copies of one architecture tie on both sides, so they make no pair.
    """
    x, y = (_signs(np.asarray(values, dtype=float)) for values in (predicted, true))
    if pairs is not None:
        x, y = np.where(pairs, x, 0.0), np.where(pairs, y, 0.0)
    weights = np.asarray(counts, dtype=float)
    agreement, untied_x, untied_y = (((weights @ m) * weights).sum(1) for m in (x * y, np.abs(x), np.abs(y)))
    scale = np.sqrt(untied_x * untied_y)
    return np.divide(agreement, scale, out=np.zeros(len(weights)), where=scale > 0)


def _signs(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the order of every pair [N, N]: 1 where the first is more, -1 where less, 0 where tied."""
    return np.sign(values[:, None] - values[None, :])


def spearman(predicted: ArrayLike, true: ArrayLike) -> float:
    """Return Spearman's rho, from -1 to 1: the correlation of mid-ranks. 0 where either side is constant."""
    x, y = (rankdata(values) - (len(np.asarray(values)) + 1) / 2 for values in (predicted, true))
    scale = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum() / scale) if scale else 0.0


def top_tau(predicted: ArrayLike, true: ArrayLike, share: float = TOP) -> float:
    """Return `tau` among the truly best ``share`` of the architectures, which a search must tell apart.

    Architectures that tie with the last of them are among them; there are at least two.
    """
    predicted, true = np.asarray(predicted, dtype=float), np.asarray(true, dtype=float)
    count = min(len(true), max(2, round(share * len(true))))
    best = true >= np.sort(true)[-count]
    return tau(predicted[best], true[best])


def regret(predicted: ArrayLike, true: ArrayLike, k: int) -> float:
    """Return regret@k in the unit of ``true``: the best value, less the best among the ``k`` predicted to be best.

    0 is perfect. Ties of the prediction at place k are decided by the order in the arrays.
    """
    true = np.asarray(true, dtype=float)
    chosen = np.argsort(-np.asarray(predicted, dtype=float), kind="stable")[:k]
    return float(true.max() - true[chosen].max())


def near_pairs(costs: ArrayLike, band: float = BAND) -> Pairs:
    """Return the mask [N, N] of the pairs whose costs (positive) differ by at most ``band`` of the smaller."""
    values = np.asarray(costs, dtype=float)
    ratio = np.maximum(values[:, None], values) / np.minimum(values[:, None], values)
    return (ratio <= 1 + band) & ~np.eye(len(values), dtype=bool)


def same_pairs(labels: Sequence[str]) -> Pairs:
    """Return the mask [N, N] of the pairs with one label."""
    values = np.asarray(labels)
    return (values[:, None] == values) & ~np.eye(len(values), dtype=bool)
