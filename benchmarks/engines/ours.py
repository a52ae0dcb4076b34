"""The strategies of this project."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks.engines._task import Floats, Task
from nas.search.domains import Genes
from nas.search.problem import Problem
from nas.search.records import Evaluated
from nas.search.searchers import SearchTask, make_searcher

_POPULATION = {"surrogate": 2}  # a generation; others _OTHERS
_OTHERS = 8


def search(task: Task, name: str) -> None:
    """Search with one of `SEARCHERS`, generation by generation; it ends early where nothing new is found."""
    question = task.question
    population = task.population or _POPULATION.get(name, _OTHERS)
    wanted = SearchTask(question.domain, Problem(question.objectives), Prices(task), task.seed, population)
    searcher = make_searcher(name, wanted)
    done: list[Evaluated] = []
    generation = 0
    while task.left and (proposed := searcher.propose(generation, done)[: task.left]):
        raw = task.measure(np.stack([question.domain.genes(candidate.point) for candidate in proposed]))
        for candidate, values in zip(proposed, raw.tolist(), strict=True):
            metrics = dict(zip(question.names, values, strict=True))
            done.append(Evaluated(len(done), candidate.point, candidate.origin, "ok", None, metrics, 0.0))
        generation += 1


class Prices:
    """Tells the priced objectives of points without an evaluation."""

    def __init__(self, task: Task):
        self._raw = task.question.raw
        self._columns = {name: column for column, name in enumerate(task.question.names) if name in task.priced}

    def __call__(self, genes: Genes) -> Mapping[str, Floats]:
        """Return the columns [N] of points with genes [N,G] of the domain."""
        raw = self._raw(genes) if self._columns else np.zeros((len(genes), 0))
        return {name: raw[:, column] for name, column in self._columns.items()}
