"""Several strategies that propose in turns, one for each front of a search, and learn from all evaluations."""

from __future__ import annotations

from collections.abc import Sequence

from nas.search.records import Candidate, Evaluated
from nas.search.searchers._searcher import Searcher


class Turns:
    """Each generation is proposed by the next strategy, or the one after where it finds nothing new."""

    def __init__(self, searchers: Sequence[Searcher]):
        self.searchers = searchers

    def propose(self, generation: int, evaluated: Sequence[Evaluated]) -> list[Candidate]:
        """See `Searcher.propose`."""
        first = generation % len(self.searchers)
        for searcher in (*self.searchers[first:], *self.searchers[:first]):
            if candidates := searcher.propose(generation, evaluated):
                return candidates
        return []
