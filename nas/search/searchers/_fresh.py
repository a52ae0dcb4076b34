"""Candidates that are new and satisfy the constraints on cheap metrics, found in a bounded number of tries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from nas.search.records import Candidate, Evaluated, Origin
from nas.search.searchers._searcher import SearchTask
from search_spaces import Architecture

Drawn = tuple[Architecture, Origin]

_BATCH = 32  # architectures drawn and priced at once
_FRUITLESS = 32  # batches in a row without a find, after which nothing is left to find
_REPAIR_STEPS = 30
_NEIGHBOURS = 8


class Fresh:
    """Collects the candidates of one generation; what was seen before never comes again."""

    def __init__(self, task: SearchTask, evaluated: Iterable[Evaluated], rng: np.random.Generator):
        self.task, self.rng = task, rng
        self.seen = {one.architecture.digest for one in evaluated}

    def accept(self, drawn: Iterable[Drawn], count: int | None = None) -> list[Candidate]:
        """Return the first ``count`` (all without) that are new and feasible; they count as seen from then on."""
        new: dict[str, Drawn] = {architecture.digest: (architecture, origin) for architecture, origin in drawn}
        pairs = [pair for digest, pair in new.items() if digest not in self.seen]
        prices = self.task.cheap([architecture for architecture, _ in pairs]) if pairs else []
        priced = [Candidate(a, origin, metrics) for (a, origin), metrics in zip(pairs, prices, strict=True)]
        found = [c for c in priced if self.task.problem.feasible(c.metrics)][:count]
        self.seen |= {candidate.architecture.digest for candidate in found}
        return found

    def forget(self, candidates: Iterable[Candidate]) -> None:
        """Take back that candidates were accepted."""
        self.seen -= {candidate.architecture.digest for candidate in candidates}

    def collect(self, draw: Callable[[], Drawn], count: int) -> list[Candidate]:
        """Return ``count`` new feasible candidates of ``draw``; fewer when it stops giving any, or none is left.

        Where a batch holds none, one of it is moved toward the feasible set.
        """
        found: list[Candidate] = []
        fruitless = 0
        while len(found) < count and fruitless < _FRUITLESS:
            batch = [draw() for _ in range(_BATCH)]
            accepted = self.accept(batch, count - len(found))
            if not accepted:
                if len(self.seen) == self.task.space.cardinality():
                    break
                accepted = self.accept([self._repaired(*batch[0])])
            fruitless = 0 if accepted else fruitless + 1
            found += accepted
        return found

    def _repaired(self, architecture: Architecture, origin: Origin) -> Drawn:
        """Walk to the least violating of a few mutants, never uphill, until one will do or the steps run out."""
        lowest = np.inf
        for _ in range(_REPAIR_STEPS):
            mutants = [self.task.space.mutate(architecture, self.rng) for _ in range(_NEIGHBOURS)]
            lacks = [self._lack(m, p) for m, p in zip(mutants, self.task.cheap(mutants), strict=True)]
            best = int(np.argmin(lacks))
            if lacks[best] <= lowest:
                architecture, lowest = mutants[best], lacks[best]
            if lowest == 0.0:
                break
        return architecture, origin

    def _lack(self, architecture: Architecture, metrics: Mapping[str, float]) -> float:
        # Feasible but seen: worse than feasible and new, better than infeasible, so the walk goes through it.
        seen = architecture.digest in self.seen
        return max(self.task.problem.violation(metrics), 1e-12 if seen else 0.0)
