"""The interface of a search strategy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nas.search.domains import Domain, Genes
from nas.search.problem import Floats, Problem
from nas.search.records import Candidate, Evaluated
from nas.search.searchers._fresh import Batch, Fresh
from nas.search.searchers._known import Known

Price = Callable[[Genes], Mapping[str, Floats]]


def free(genes: Genes) -> Mapping[str, Floats]:
    """Return no columns: nothing is known of a point before its evaluation."""
    return {}


@dataclass(frozen=True)
class SearchTask:
    """What every strategy is given.

    ``price`` gives columns [N] of points with genes [N,G] without evaluating them: counted costs, predicted latency.
    ``population`` is the number of proposals a generation. ``seeds`` are points that
    every strategy begins with, those that break no constraint on cheap metrics.
    """

    domain: Domain
    problem: Problem
    price: Price = free
    seed: int = 0
    population: int = 8
    seeds: Sequence[object] = ()

    def generator(self, generation: int) -> np.random.Generator:
        """Return the random numbers of one generation; they follow from (seed, generation) alone."""
        return np.random.default_rng([self.seed, generation])


class Searcher(ABC):
    """A strategy. Its proposals follow from the task, the generation and earlier evaluations alone.

    So a search that was killed is continued by asking again, and answering what is known from the journal.
    """

    def __init__(self, task: SearchTask):
        self.task = task
        self._known = Known(task.domain)

    def propose(self, generation: int, evaluated: Sequence[Evaluated]) -> list[Candidate]:
        """Return the candidates of a generation, at most ``task.population``, all new and all different.

        ``evaluated`` holds the evaluations of all earlier generations in the order of their index. Every
        candidate satisfies the constraints on its cheap metrics. Fewer candidates than a population, or
        none, mean that no further ones were found: the search ends there.
        """
        rng = self.task.generator(generation)
        known = self._known.extended(evaluated)
        fresh = Fresh(
            self.task.domain, self.task.problem, self.task.price, known.tried, rng, self.task.population
        )  # fmt: skip
        seeds = self._new_seeds(fresh)
        chosen = self._choose(known, fresh, rng) if fresh.wanted else []
        missing = fresh.wanted - sum(map(len, chosen))
        drawn = fresh.collect(lambda count: self.task.domain.sample(count, rng), missing)
        return list(self._handed_out([seeds, *chosen, *drawn]))

    @abstractmethod
    def _choose(self, known: Known, fresh: Fresh, rng: np.random.Generator) -> list[Batch]:
        """Return ``fresh.wanted`` points to evaluate next, claimed from ``fresh``; random ones fill what is missing."""

    def _new_seeds(self, fresh: Fresh) -> Batch:
        """Claim the seeds that were not evaluated yet, as many as the generation holds."""
        rows = [self.task.domain.genes(seed) for seed in self.task.seeds]
        genes = np.array(rows, dtype=np.int64).reshape(len(rows), len(self.task.domain.choices))
        new = fresh.new(genes, "seed")
        claimed = fresh.claim(new.take(np.arange(len(new))[: fresh.wanted]))
        fresh.wanted -= len(claimed)
        return claimed

    def _handed_out(self, batches: Iterable[Batch]) -> Iterable[Candidate]:
        for batch in batches:
            for i, genes in enumerate(batch.genes):
                metrics = {name: column[i].item() for name, column in batch.columns.items()}
                yield Candidate(self.task.domain.point(genes), batch.origin, metrics)
