"""Evolution: NSGA-II over everything evaluated so far (Deb et al., 2002), a generation at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nas.search.records import Candidate, Evaluated
from nas.search.searchers._brood import Brood
from nas.search.searchers._fresh import Drawn, Fresh
from nas.search.searchers._searcher import Searcher
from nas.search.searchers._selection import ranked
from nas.search.searchers._stratified import spread_over_cost

_CHILDREN = 4  # bred for each one that is evaluated


class Evolution(Searcher):
    """The first generation spans the costs of the space; later ones are children of the best."""

    def propose(self, generation: int, evaluated: Sequence[Evaluated]) -> list[Candidate]:
        """See `Searcher.propose`."""
        rng = self.task.generator(generation)
        fresh = Fresh(self.task, evaluated, rng)
        parents = ranked(self.task.problem, evaluated)[: self.task.population]
        proposed = self._children(parents, fresh, rng) if parents else self._founders(fresh, rng)
        missing = self.task.population - len(proposed)
        return proposed + fresh.collect(lambda: (self.task.space.sample(rng), "random"), missing)

    def _founders(self, fresh: Fresh, rng: np.random.Generator) -> list[Candidate]:
        """Return the largest and the smallest network and samples spread evenly over cost."""
        space, population = self.task.space, self.task.population
        ends: list[Drawn] = [(space.largest(), "extreme"), (space.smallest(), "extreme")]
        extremes = fresh.accept(ends, population)
        return extremes + spread_over_cost(self.task, fresh, population - len(extremes), rng)

    def _children(self, parents: Sequence[Evaluated], fresh: Fresh, rng: np.random.Generator) -> list[Candidate]:
        brood = Brood(self.task.space, parents, rng)
        children = fresh.collect(brood.draw, _CHILDREN * self.task.population)
        selected = brood.select(self.task.problem, children, self.task.population)
        chosen = {child.architecture.digest for child in selected}
        fresh.forget(child for child in children if child.architecture.digest not in chosen)
        return selected
