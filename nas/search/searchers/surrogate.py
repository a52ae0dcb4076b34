"""Ours: Gaussian processes say what each point may reach, and those go next that promise most hypervolume.

The expected gain of hypervolume (Emmerich et al., CEC 2011) weighs what is expected against what is not known. A
generation is chosen one by one, each as if those before it had come out as expected, so it does not ask one question
many times; every other one counts a quarter of what is not known, for on tables of measured networks the whole of it
explores too long. Objectives that are priced without an evaluation are exact in it.
"""

from __future__ import annotations

import numpy as np

from nas.search.problem import Floats
from nas.search.searchers._beliefs import Beliefs
from nas.search.searchers._founders import founders
from nas.search.searchers._fresh import Batch, Fresh, joined
from nas.search.searchers._known import Known
from nas.search.searchers._searcher import Searcher, SearchTask
from nas.search.searchers._selection import ranked

_FOUNDERS = 8  # evaluations before there is anything to learn from
_CHILDREN, _ROUNDS, _PARENTS = 384, 3, 32  # of the evolution among expectations


class Surrogate(Searcher):
    """Bayesian optimisation in batches; of few points all are candidates, of many those that an evolution finds."""

    def __init__(self, task: SearchTask):
        super().__init__(task)
        self._beliefs = Beliefs(task, _FOUNDERS)

    def _choose(self, known: Known, fresh: Fresh, rng: np.random.Generator) -> list[Batch]:
        missing = min(fresh.wanted, _FOUNDERS - len(known))
        if missing > 0:
            return founders(self.task, fresh, missing, rng)
        self._beliefs.learn(known)
        candidates, gains = self._candidates(known, fresh, rng)
        return [fresh.claim(candidates.take(self._beliefs.choose(candidates, gains, fresh.wanted)))]

    def _candidates(self, known: Known, fresh: Fresh, rng: np.random.Generator) -> tuple[Batch, Floats]:
        """Return new points [N] with their expected gains [N].

        They are all there are, or generations of children of the best and of the most promising.
        """
        members = self.task.domain.members()
        if members is not None:
            new = fresh.new(members, "member")
            return new, self._beliefs.gains(new)
        best = known.genes[ranked(self.task.problem, known.columns)[:_PARENTS]]
        parents, tried = best, fresh.new(best[:0], "child")
        gains = np.zeros(0)
        for _ in range(_ROUNDS):
            bred = fresh.new(self.task.domain.children(parents, _CHILDREN, rng), "child").without(tried)
            if len(bred):
                gains = np.concatenate([gains, self._beliefs.gains(bred)])
                tried = joined([tried, bred]) if len(tried) else bred
                promising = np.argsort(-gains, kind="stable")[:_PARENTS]
                parents = np.vstack([tried.genes[promising], best[: _PARENTS // 2]])
        return tried, gains
