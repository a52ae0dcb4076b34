"""Evolution: NSGA-II over everything evaluated so far (Deb et al., 2002), a generation at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nas.search.records import Candidate, Evaluated
from nas.search.searchers._fresh import Drawn, Fresh
from nas.search.searchers._searcher import Searcher
from nas.search.searchers._selection import ranked
from nas.search.searchers._stratified import spread_over_cost

_CROSSOVER = 0.5
_MUTATION_RATE = 0.05


class Evolution(Searcher):
    """The first generation spans the costs of the space; later ones are children of the best."""

    def propose(self, generation: int, evaluated: Sequence[Evaluated]) -> list[Candidate]:
        """See `Searcher.propose`."""
        rng = self.task.generator(generation)
        fresh = Fresh(self.task, evaluated, rng)
        parents = ranked(self.task.problem, evaluated)[: self.task.population]
        children = self._children(parents, fresh, rng) if parents else self._founders(fresh, rng)
        missing = self.task.population - len(children)
        return children + fresh.collect(lambda: (self.task.space.sample(rng), "random"), missing)

    def _founders(self, fresh: Fresh, rng: np.random.Generator) -> list[Candidate]:
        """Return the largest and the smallest network and samples spread evenly over cost."""
        space = self.task.space
        ends: list[Drawn] = [(space.largest(), "extreme"), (space.smallest(), "extreme")]
        extremes = fresh.accept(ends, self.task.population)
        return extremes + spread_over_cost(self.task, fresh, self.task.population - len(extremes), rng)

    def _children(self, parents: Sequence[Evaluated], fresh: Fresh, rng: np.random.Generator) -> list[Candidate]:
        return fresh.collect(lambda: self._child(parents, rng), self.task.population)

    def _child(self, parents: Sequence[Evaluated], rng: np.random.Generator) -> Drawn:
        space, first = self.task.space, _tournament(parents, rng).architecture
        if rng.random() < _CROSSOVER:
            child = space.crossover(first, _tournament(parents, rng).architecture, rng)
            return space.mutate(child, rng, _MUTATION_RATE), "crossover"
        return space.mutate(first, rng, _MUTATION_RATE), "mutation"


def _tournament(parents: Sequence[Evaluated], rng: np.random.Generator) -> Evaluated:
    """Draw two of the parents, which stand best first, and return the better."""
    return parents[int(rng.integers(len(parents), size=2).min())]
