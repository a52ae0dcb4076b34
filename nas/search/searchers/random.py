"""Random search: the floor that every other strategy has to beat."""

from __future__ import annotations

from collections.abc import Sequence

from nas.search.records import Candidate, Evaluated
from nas.search.searchers._fresh import Fresh
from nas.search.searchers._searcher import Searcher


class RandomSearch(Searcher):
    """Draws from the space without looking at results."""

    def propose(self, generation: int, evaluated: Sequence[Evaluated]) -> list[Candidate]:
        """See `Searcher.propose`."""
        rng = self.task.generator(generation)
        fresh = Fresh(self.task, evaluated, rng)
        return fresh.collect(lambda: (self.task.space.sample(rng), "random"), self.task.population)
