"""The interface of a search strategy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nas.search.problem import Problem
from nas.search.records import Candidate, Evaluated
from search_spaces import Architecture, SearchSpace

Cheap = Callable[[Sequence[Architecture]], Sequence[Mapping[str, float]]]


@dataclass(frozen=True)
class SearchTask:
    """What every strategy is given.

    ``cheap`` prices architectures without evaluating them: counted costs and predicted latency, one mapping
    per architecture, always with ``macs``. ``population`` is the number of proposals a generation.
    """

    space: SearchSpace
    problem: Problem
    cheap: Cheap
    seed: int
    population: int

    def generator(self, generation: int) -> np.random.Generator:
        """Return the random numbers of one generation; they follow from (seed, generation) alone."""
        return np.random.default_rng([self.seed, generation])


class Searcher(ABC):
    """A strategy. Its proposals follow from the task, the generation and earlier evaluations alone.

    So a search that was killed is continued by asking again, and answering what is known from the journal.
    """

    def __init__(self, task: SearchTask):
        self.task = task

    @abstractmethod
    def propose(self, generation: int, evaluated: Sequence[Evaluated]) -> list[Candidate]:
        """Return the candidates of a generation, at most ``task.population``, all new and all different.

        ``evaluated`` holds the evaluations of all earlier generations in the order of their index. Every
        candidate satisfies the constraints on its cheap metrics. Fewer candidates than a population, or
        none, mean that no further ones were found: the search ends there.
        """
