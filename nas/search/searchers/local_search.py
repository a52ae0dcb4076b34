"""Local search (White et al., UAI 2021): neighbours of the best points, until none of them is better."""

from __future__ import annotations

import numpy as np

from nas.search.searchers._founders import founders
from nas.search.searchers._fresh import Batch, Fresh
from nas.search.searchers._known import Known
from nas.search.searchers._searcher import Searcher
from nas.search.searchers._selection import ranked, ranks

_TRIES = 8  # children of a point that are looked at for new ones


class LocalSearch(Searcher):
    """Goes through the front from its least crowded points on and evaluates a neighbour of each in turn.

    A neighbour is a mutant; a point all of whose mutants are known is passed over.
    """

    def _choose(self, known: Known, fresh: Fresh, rng: np.random.Generator) -> list[Batch]:
        if not len(known):
            return founders(self.task, fresh, fresh.wanted, rng)
        order = ranked(self.task.problem, known.columns)
        front, _ = ranks(self.task.problem.minimised(known.columns)[order])
        best = known.genes[order[: max(1, int((front == 0).sum()))]]
        found: list[Batch] = []
        for _ in range(_TRIES):
            for genes in best:
                if sum(map(len, found)) == fresh.wanted:
                    return found
                near = fresh.new(self.task.domain.children(genes[None], _TRIES, rng), "child")
                found += [fresh.claim(near.take([0]))] if len(near) else []
        return found
