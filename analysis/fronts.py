"""Pareto fronts: which points are best, how much they dominate, how evenly they lie.

Values are arrays ``[N, M]``: one row a network, one column an objective, in the objectives' own units.
``directions`` names for each column whether more ("max") or less ("min") is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import moocore
import numpy as np
from numpy.typing import ArrayLike, NDArray

from search_spaces.errors import InputError

Direction = Literal["max", "min"]
Kind = Literal["exact", "predicted", "evaluated"]


@dataclass(frozen=True)
class Objective:
    """A named column with the direction in which it gets better, its unit, and how its values are known.

    They are counted without an error ("exact"), "predicted" without an evaluation, or known by an evaluation alone.
    """

    name: str
    direction: Direction
    unit: str = ""
    kind: Kind = "evaluated"

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise InputError(f"objective {self.name!r}: kind is one of {get_args(Kind)}, found {self.kind!r}")
        if self.direction not in ("max", "min"):
            raise InputError(f"objective {self.name!r}: direction is 'max' or 'min', found {self.direction!r}")


def non_dominated(values: ArrayLike, directions: Sequence[str]) -> NDArray[np.bool_]:
    """Return the mask ``[N]`` of the points that no other point dominates.

    Of equal points only the first is kept. A point with a value that is not finite (a failed evaluation)
    is never on the front. Raises ValueError when the shapes disagree.
    """
    points = _minimised(values, directions)
    mask = np.zeros(len(points), dtype=bool)
    finite = np.flatnonzero(np.isfinite(points).all(axis=1))
    if len(finite):
        mask[finite] = moocore.is_nondominated(points[finite], keep_weakly=False)
    return mask


def hypervolume(values: ArrayLike, directions: Sequence[str], reference: ArrayLike) -> float:
    """Return the volume between the points ``[N, M]`` and the fixed reference point ``[M]``.

    The unit is the product of the objectives' units. Points that are not better than the reference in every
    objective, or not finite, contribute nothing. Raises ValueError when the shapes disagree.
    """
    points, corner = _inside(values, directions, reference)
    return float(moocore.hypervolume(points, ref=corner)) if len(points) else 0.0


def hypervolume_trace(values: ArrayLike, directions: Sequence[str], reference: ArrayLike) -> NDArray[np.float64]:
    """Return the hypervolume ``[N]`` after each of the points, taken in their order; it never falls."""
    trace = np.zeros(len(np.asarray(values)))
    front = np.empty((0, len(directions)))
    minimised = ["min"] * len(directions)
    corner = _minimised(np.asarray(reference)[None], directions)[0]
    volume = 0.0
    for i, point in enumerate(_minimised(values, directions)):
        # Only a point that is better than the reference and not matched by the front can add volume.
        if (point < corner).all() and not (front <= point).all(axis=1).any():
            front = np.vstack([front[~(point <= front).all(axis=1)], point])
            volume = max(volume, hypervolume(front, minimised, corner))  # never falls, even by a rounding
        trace[i] = volume
    return trace


def crowding(values: ArrayLike) -> NDArray[np.float64]:
    """Return NSGA-II's crowding distance ``[N]`` of the points ``[N, M]`` of one front.

    The sum over objectives of the gap between a point's two neighbours, in units of the objective's range;
    infinite at the ends (Deb et al., 2002). An objective in which all points agree adds nothing.
    """
    points = np.asarray(values, dtype=float)
    distance = np.zeros(len(points))
    for column in points.T:
        order = np.argsort(column, kind="stable")
        spread = column[order[-1]] - column[order[0]] if len(order) else 0.0
        if spread > 0:
            distance[order[[0, -1]]] = np.inf
            distance[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / spread
    return distance


def _minimised(values: ArrayLike, directions: Sequence[str]) -> NDArray[np.float64]:
    """Flip the sign of maximised columns, so that less is better everywhere."""
    points = np.asarray(values, dtype=float)
    if points.size == 0:
        points = points.reshape(0, len(directions))
    if points.ndim != 2 or points.shape[1] != len(directions):
        raise ValueError(f"expected values of shape [N, {len(directions)}], found {list(points.shape)}")
    if not set(directions) <= {"max", "min"}:
        raise ValueError(f"directions are 'max' or 'min', found {list(directions)}")
    return points * np.where(np.asarray(directions) == "max", -1.0, 1.0)


def _inside(
    values: ArrayLike, directions: Sequence[str], reference: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points = _minimised(values, directions)
    corner = _minimised(np.asarray(reference)[None], directions)[0]
    inside = np.isfinite(points).all(axis=1) & (points < corner).all(axis=1)
    return points[inside], corner
