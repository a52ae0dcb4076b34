"""NSGA-II's order of evaluations: constrained domination, then crowding (Deb et al., 2002)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.fronts import crowding, non_dominated
from nas.search.problem import Problem
from nas.search.records import Evaluated


def ranked(problem: Problem, evaluated: Sequence[Evaluated]) -> list[Evaluated]:
    """Return the successful evaluations, best first; ties keep the order of ``evaluated``.

    Feasible before infeasible; the feasible by front and within a front by falling crowding distance,
    the infeasible by their summed violation.
    """
    done = [one for one in evaluated if one.ok]
    violations = [problem.violation(one.metrics) for one in done]
    feasible = [one for one, violation in zip(done, violations, strict=True) if violation == 0.0]
    rest = sorted(
        ((violation, i) for i, violation in enumerate(violations) if violation > 0.0),
        key=lambda pair: pair[0],
    )
    return [one for front in fronts(problem, feasible) for one in front] + [done[i] for _, i in rest]


def fronts(problem: Problem, evaluated: Sequence[Evaluated]) -> list[list[Evaluated]]:
    """Peel non-dominated fronts, each ordered by falling crowding distance. Equal points: one a front."""
    left, peeled = list(evaluated), []
    while left:
        values = np.array([problem.values(one.metrics) for one in left])
        mask = non_dominated(values, problem.directions)
        order = np.argsort(-crowding(values[mask]), kind="stable")
        front = [one for one, best in zip(left, mask, strict=True) if best]
        peeled.append([front[i] for i in order])
        left = [one for one, best in zip(left, mask, strict=True) if not best]
    return peeled
