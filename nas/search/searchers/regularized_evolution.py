"""Regularized evolution (Real et al., AAAI 2019): the oldest die, whatever they are worth.

With several objectives the best of a sample is the first in NSGA-II's order, as in Syne Tune's multi-objective form.
"""

from __future__ import annotations

import numpy as np

from nas.search.searchers._founders import founders
from nas.search.searchers._fresh import Batch, Fresh
from nas.search.searchers._known import Known
from nas.search.searchers._searcher import Searcher
from nas.search.searchers._selection import ranked

_ALIVE = 50
_SAMPLE = 10


class RegularizedEvolution(Searcher):
    """Each child is a mutant of the best among a few of the youngest evaluations."""

    def _choose(self, known: Known, fresh: Fresh, rng: np.random.Generator) -> list[Batch]:
        if not len(known):
            return founders(self.task, fresh, fresh.wanted, rng)
        genes = known.genes[-_ALIVE:]
        place = np.empty(len(genes), dtype=np.int64)
        alive = {name: column[-_ALIVE:] for name, column in known.columns.items()}
        place[ranked(self.task.problem, alive)] = np.arange(len(genes))

        def draw(count: int) -> np.ndarray:
            sampled = rng.integers(len(genes), size=(count, _SAMPLE))
            parents = sampled[np.arange(count), place[sampled].argmin(axis=1)]
            found = [self.task.domain.children(genes[[one]], 1, rng) for one in parents]
            return np.vstack(found)

        return fresh.collect(draw, fresh.wanted, "child")
