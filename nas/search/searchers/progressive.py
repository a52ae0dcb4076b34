"""Progressive search (Liu et al., ECCV 2018, PNAS): from simple networks on, as far as a surrogate has learned."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nas.search.domains import Genes
from nas.search.problem import Floats
from nas.search.searchers._beliefs import Beliefs
from nas.search.searchers._founders import COSTS, founders
from nas.search.searchers._fresh import Batch, Fresh, joined
from nas.search.searchers._known import Known
from nas.search.searchers._searcher import Searcher, SearchTask
from nas.search.searchers._selection import ranked

_LEVELS = 6  # of complexity, each open a generation after the one before
_DRAWS = 256
_FOUNDERS = 8
_PARENTS = 24


class Progressive(Searcher):
    """Each generation may be more complex than the last; of many points that are, the most promising are evaluated.

    Complexity is the first known cost, or how many genes exist, or the sum of the genes where all of them do.
    """

    def __init__(self, task: SearchTask):
        super().__init__(task)
        self._beliefs = Beliefs(task, _FOUNDERS)
        sample = task.domain.sample(_DRAWS, np.random.default_rng(task.seed))
        self._conditional = bool((sample < 0).any())
        levels = np.linspace(0, 1, _LEVELS + 1)[1:-1]
        self._bounds = [*np.quantile(self._complexity(sample, task.price(sample)), levels).tolist(), np.inf]

    def _choose(self, known: Known, fresh: Fresh, rng: np.random.Generator) -> list[Batch]:
        level = min(len(known.tried) // self.task.population, _LEVELS - 1)
        pool = self._simple(fresh.new(self.task.domain.sample(_DRAWS, rng), "random"), level)
        if len(known) < _FOUNDERS:
            missing = min(fresh.wanted, _FOUNDERS - len(known))
            if len(pool) < missing:
                return founders(self.task, fresh, missing, rng)
            return [fresh.claim(pool.take(np.arange(missing)))]
        self._beliefs.learn(known)
        best = known.genes[ranked(self.task.problem, known.columns)[:_PARENTS]]
        bred = self._simple(fresh.new(self.task.domain.children(best, _DRAWS, rng), "child"), level).without(pool)
        parts = [part for part in (bred, pool) if len(part)]
        if not parts:
            return []
        candidates = joined(parts)
        gains = self._beliefs.gains(candidates)
        return [fresh.claim(candidates.take(self._beliefs.choose(candidates, gains, fresh.wanted)))]

    def _simple(self, batch: Batch, level: int) -> Batch:
        """Return the points that are simple enough for a level."""
        if not len(batch):
            return batch
        return batch.take(self._complexity(batch.genes, batch.columns) <= self._bounds[level])

    def _complexity(self, genes: Genes, columns: Mapping[str, Floats]) -> Floats:
        for name in COSTS:
            if name in columns:
                return np.asarray(columns[name], dtype=np.float64)
        return ((genes >= 0) if self._conditional else genes).sum(axis=1).astype(np.float64)
