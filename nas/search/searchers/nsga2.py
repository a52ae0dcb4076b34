"""NSGA-II over everything evaluated so far (Deb et al., 2002), a generation at a time."""

from __future__ import annotations

import numpy as np

from nas.search.searchers._founders import founders
from nas.search.searchers._fresh import Batch, Fresh
from nas.search.searchers._known import Known
from nas.search.searchers._searcher import Searcher
from nas.search.searchers._selection import ranked

_PARENTS = 24


class NSGA2(Searcher):
    """The first points span the costs of the domain; later ones are children of the best, by tournament."""

    def _choose(self, known: Known, fresh: Fresh, rng: np.random.Generator) -> list[Batch]:
        missing = min(fresh.wanted, _PARENTS - len(known.tried))
        if missing > 0 or not len(known):
            return founders(self.task, fresh, max(missing, 1), rng)
        best = known.genes[ranked(self.task.problem, known.columns)[:_PARENTS]]

        def draw(count: int) -> np.ndarray:
            winners = rng.integers(len(best), size=(2, 2 * count)).min(axis=0)
            return self.task.domain.children(best[winners], count, rng)

        return fresh.collect(draw, fresh.wanted, "child")
