"""NSGA-II's order: constrained domination, then crowding (Deb et al., 2002)."""

from __future__ import annotations

from collections.abc import Mapping

import moocore
import numpy as np
from numpy.typing import NDArray

from analysis.fronts import crowding
from nas.search.problem import Floats, Problem


def ranked(problem: Problem, columns: Mapping[str, Floats]) -> NDArray[np.int64]:
    """Return the rows of points by their columns [N], best first; ties keep their order.

    Feasible before infeasible; the feasible by front and within a front by falling crowding distance,
    the infeasible by their summed violation.
    """
    points = problem.minimised(columns)
    violation = np.broadcast_to(problem.violations(columns), len(points))
    feasible = np.flatnonzero(violation == 0.0)
    front, lonely = ranks(points[feasible])
    infeasible = np.flatnonzero(violation > 0.0)
    order = np.lexsort([-lonely, front])
    return np.concatenate([feasible[order], infeasible[np.argsort(violation[infeasible], kind="stable")]])


def ranks(points: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return the number of each point's front, 0 the best, and its crowding distance there; all minimised [N,M]."""
    if not len(points):
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    front, lonely = np.asarray(moocore.pareto_rank(points), dtype=np.int64), np.zeros(len(points))
    for number in np.unique(front):
        rows = np.flatnonzero(front == number)
        lonely[rows] = crowding(points[rows])
    return front, lonely
