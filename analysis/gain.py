"""Expected gain of hypervolume of networks whose objectives are known up to a normal error.

Emmerich et al., "Computing the expected hypervolume improvement", CEC 2011; Yang et al., "Efficient computation of
expected hypervolume improvement", J. Global Optimization 2019. Here the space that no point dominates is cut into
boxes: over a box the gain of a point is a product over objectives, and so is its expectation where errors are
independent. Everything is minimised.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.fronts import non_dominated

Floats = NDArray[np.float64]


def free_boxes(points: Floats, reference: Floats) -> tuple[Floats, Floats]:
    """Return lower and upper corners [K,M] of disjoint boxes that fill what no point [N,M] dominates.

    They reach from minus infinity to the reference point [M]; points beyond it count for nothing.
    """
    points = points[(points < reference).all(axis=1)]
    if points.shape[1] == 1:
        return np.array([[-np.inf]]), np.array([[points.min(initial=reference[0])]])
    front = points[non_dominated(points, ["min"] * points.shape[1])]
    front = front[np.argsort(front[:, -1], kind="stable")]
    cuts = np.concatenate([[-np.inf], front[:, -1], reference[-1:]])
    if len(reference) == 2:  # a slab is one box; all at once, for this is asked thousands of times in a search
        lower = np.stack([np.full(len(front) + 1, -np.inf), cuts[:-1]], axis=1)
        upper = np.stack([np.minimum.accumulate(np.append(reference[0], front[:, 0])), cuts[1:]], axis=1)
        return lower[cuts[:-1] < cuts[1:]], upper[cuts[:-1] < cuts[1:]]
    slabs = []
    for i, (low, high) in enumerate(zip(cuts[:-1], cuts[1:], strict=True)):
        if low < high:  # between two points in the last objective: what those below leave free in the others
            below, above = free_boxes(front[:i, :-1], reference[:-1])
            slabs.append((np.insert(below, len(reference) - 1, low, 1), np.insert(above, len(reference) - 1, high, 1)))
    return np.vstack([low for low, _ in slabs]), np.vstack([high for _, high in slabs])


def expected_gain(mean: Floats, sd: Floats, points: Floats, reference: Floats) -> Floats:
    """Return by how much each of N networks is expected to raise the hypervolume of ``points`` [P,M].

    ``mean`` and ``sd`` are [N,M]; a standard deviation of 0 is an objective that is known.
    """
    lower, upper = free_boxes(points, reference)
    gain = np.ones((len(mean), len(lower)))
    for column in range(mean.shape[1]):
        corners, place = np.unique(np.concatenate([lower[:, column], upper[:, column]]), return_inverse=True)
        below = _expected_below(corners, mean[:, column, None], sd[:, column, None])
        gain *= below[:, place[len(lower) :]] - below[:, place[: len(lower)]]
    return gain.sum(axis=1)


def _expected_below(corners: Floats, mean: Floats, sd: Floats) -> Floats:
    """Return by how much a value is expected to lie below each corner [N,C], 0 where it lies above."""
    gap = np.where(np.isfinite(corners), corners - mean, 0.0)
    known = sd <= 0
    z = gap / np.where(known, 1.0, sd)
    spread = gap * ndtr(z) + sd * np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    return np.where(np.isfinite(corners), np.where(known, np.maximum(gap, 0.0), spread), 0.0)
