"""How near runs came to the true front, and what a share of them attains.

Additive epsilon: Zitzler et al., "Performance assessment of multiobjective optimizers", IEEE TEC 2003. IGD+: Ishibuchi
et al., "Modified distance calculation in generational distance and inverted generational distance", EMO 2015.
Empirical attainment: Grunert da Fonseca et al., "Inferential performance assessment of stochastic optimisers and the
attainment function", EMO 2001.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import moocore
import numpy as np

from analysis.fronts import hypervolume, non_dominated
from benchmarks.engines import Question
from benchmarks.engines._task import Floats

ATTAINED = (25, 50, 75)  # percent of the runs
_QUARTILES = (("median", 0.5), ("q1", 0.25), ("q3", 0.75))


def indicators(question: Question, runs: Sequence[Floats]) -> dict[str, Any]:
    """Return the keys of a row for runs whose evaluations [N,M] are minimised from 0 to 1.

    ``epsilon_*`` and ``igd_plus_*``, over runs, are distances to the true front in these units, None where it is not
    known. ``attainment_share_P`` is the share of the true hypervolume of the surface that P percent of the runs
    attain; ``attainment_median`` are the points of that of half of them, in the objectives' own units.
    """
    fronts = [run[non_dominated(run, _minimised(question))] for run in runs]
    return {**_distances(question, fronts), **_attainment(question, fronts)}


def _distances(question: Question, fronts: Sequence[Floats]) -> Mapping[str, float | None]:
    found: dict[str, float | None] = {}
    for name, distance in (("epsilon", moocore.epsilon_additive), ("igd_plus", moocore.igd_plus)):
        values = [distance(front, question.front) for front in fronts] if question.front is not None else None
        for end, level in _QUARTILES:
            found[f"{name}_{end}"] = None if values is None else float(np.quantile(values, level))
    return found


def _attainment(question: Question, fronts: Sequence[Floats]) -> Mapping[str, Any]:
    runs = np.repeat(np.arange(len(fronts)), [len(front) for front in fronts])
    points = moocore.eaf(np.vstack(fronts), runs, percentiles=ATTAINED)
    surfaces = {percent: points[points[:, -1] == percent, :-1] for percent in ATTAINED}
    shares = {f"attainment_share_{percent}": _share(question, surface) for percent, surface in surfaces.items()}
    return {**shares, "attainment_median": question.unscaled(surfaces[50]).tolist()}


def _share(question: Question, points: Floats) -> float:
    return hypervolume(points, _minimised(question), question.reference) / question.true


def _minimised(question: Question) -> list[str]:
    return ["min"] * len(question.objectives)
