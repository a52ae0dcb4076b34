"""Children of evaluated networks, and which of many are worth an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np

from nas.search.problem import Problem
from nas.search.records import Candidate, Evaluated
from nas.search.searchers._fresh import Drawn
from nas.search.searchers._selection import ranked
from search_spaces import SearchSpace

_CROSSOVER = 0.9
_MUTATION_RATE = 0.05


class Brood:
    """Draws children of parents, which stand best first, and remembers what each child may inherit."""

    def __init__(self, space: SearchSpace, parents: Sequence[Evaluated], rng: np.random.Generator):
        self.space, self.parents, self.rng = space, parents, rng
        self._average = _mean(parents)
        self._inherited: dict[str, Mapping[str, float]] = {}

    def draw(self) -> Drawn:
        """Return a mutated crossover of two parents, or a mutant of one."""
        mates = [self._tournament()]
        child, crossed = mates[0].architecture, self.rng.random() < _CROSSOVER
        if crossed:
            mates.append(self._tournament())
            child = self.space.crossover(child, mates[1].architecture, self.rng)
        child = self.space.mutate(child, self.rng, _MUTATION_RATE)
        self._inherited[child.digest] = _mean(mates)
        return child, "crossover" if crossed else "mutation"

    def select(self, problem: Problem, children: Sequence[Candidate], count: int) -> list[Candidate]:
        """Return the ``count`` most promising children, in the order of ``children``.

        The order is NSGA-II's, with each child's own exact cheap metrics and, for those that only an
        evaluation gives, the mean of its parents (fitness inheritance; Smith, Dike and Stegmann, 1995).
        """
        expected = [
            Evaluated(i, child.architecture, child.origin, "ok", None, self._expected(child), 0.0)
            for i, child in enumerate(children)
        ]
        kept = sorted(one.index for one in ranked(problem, expected)[:count])
        return [children[i] for i in kept]

    def _expected(self, child: Candidate) -> dict[str, float]:
        # A child that was repaired has no parents of its own.
        inherited = self._inherited.get(child.architecture.digest, self._average)
        return {**inherited, **child.metrics}

    def _tournament(self) -> Evaluated:
        return self.parents[int(self.rng.integers(len(self.parents), size=2).min())]


def _mean(evaluated: Sequence[Evaluated]) -> dict[str, float]:
    return {name: fmean(one.metrics[name] for one in evaluated) for name in evaluated[0].metrics}
