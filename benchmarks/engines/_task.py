"""What an engine is asked, and the record of one run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.fronts import Objective, hypervolume_trace
from nas.search.domains import Domain, Genes

Floats = NDArray[np.float64]
Conditions = Mapping[int, tuple[int, frozenset[int]]]  # a gene, and the gene with the values beside which it exists


def as_they_are(genes: Genes) -> Genes:
    """Return the same genes, where a row is a point of the domain."""
    return genes


@dataclass(frozen=True)
class Question:
    """A search whose answer is known. Other engines see rows of genes [G], ours the points of ``domain``.

    Gene g of a row has ``choices[g]`` values, which are numbers where ``ordered[g]``; it is -1 where its condition
    does not hold. ``places`` maps rows [N,G] to the genes of the domain that stand for them, ``rows`` maps those back.
    ``raw`` maps genes of the domain to the objectives [N,M] in their own units. ``low`` and ``high`` [M] are what
    becomes 0 and 1 (maximised ones with their sign changed); ``reference`` [M] is in these units, and ``true`` the
    hypervolume that counts as 1; ``front`` [K,M] are the points of the true front in them, None where it is not known.
    ``size`` is the number of points.
    """

    table: str
    objectives: tuple[Objective, ...]
    choices: tuple[int, ...]
    ordered: tuple[bool, ...]
    conditions: Conditions
    domain: Domain
    raw: Callable[[Genes], Floats]
    low: Floats
    high: Floats
    reference: Floats
    size: int
    true: float = 1.0
    front: Floats | None = None
    places: Callable[[Genes], Genes] = as_they_are
    rows: Callable[[Genes], Genes] = as_they_are

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the objectives."""
        return tuple(objective.name for objective in self.objectives)

    def scaled(self, raw: Floats) -> Floats:
        """Return objectives [N,M], all minimised, from 0 to 1."""
        return (self._signs * raw - self.low) / (self.high - self.low)

    def unscaled(self, scaled: Floats) -> Floats:
        """Return objectives [N,M] in their own units."""
        return self._signs * (scaled * (self.high - self.low) + self.low)

    @property
    def _signs(self) -> Floats:
        return np.array([-1.0 if objective.direction == "max" else 1.0 for objective in self.objectives])

    def existing(self, rows: Genes) -> Genes:
        """Return rows [N,G] with -1 where a gene does not exist beside the others."""
        rows = rows.copy()
        for gene, (parent, allowed) in self.conditions.items():
            rows[~np.isin(rows[:, parent], list(allowed)), gene] = -1
        return rows

    def sample(self, count: int, rng: np.random.Generator) -> Genes:
        """Return random rows [N,G] that the domain has; some may be equal."""
        return self.rows(self.domain.sample(count, rng))


@dataclass
class Task:
    """One run of an engine: ``budget`` evaluations, each of which is recorded.

    ``priced`` are objectives that ours is told in advance; ``population`` is ours alone too, None for its default.
    ``values`` [N,M] are all minimised from 0 to 1, ``seconds`` [N] the process time that went into each suggestion,
    a batch's shared by its members, ``repeated`` the places of those evaluations that had been made before.
    """

    question: Question
    budget: int
    seed: int = 0
    priced: tuple[str, ...] = ()
    population: int | None = None
    values: list[Floats] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    _seen: set[bytes] = field(default_factory=set)
    _since: float = field(default_factory=time.process_time)

    @property
    def left(self) -> int:
        """How many evaluations there may still be."""
        return self.budget - len(self.values)

    @property
    def others_population(self) -> int:
        """A generation of other engines' evolution: small for a small budget, where it serves them better.

        Their defaults of 50 and 100 leave 200 evaluations no more than a random search.
        """
        return min(max(self.budget // 10, 20), 100)

    def evaluate(self, row: Genes) -> Floats:
        """Return the objectives [M] of a row [G], all minimised, from 0 to 1."""
        return self.evaluate_all(row[None])[0]

    def evaluate_all(self, rows: Genes) -> Floats:
        """Return the objectives [N,M] of a batch of rows [N,G] that was suggested at once."""
        return self.question.scaled(self.measure(self.question.places(rows)))

    def measure(self, genes: Genes) -> Floats:
        """Return the objectives [N,M], in their own units, of a batch of points of the domain."""
        if len(genes) > self.left:
            raise ValueError(f"{len(genes)} evaluations where {self.left} are left")
        self.seconds += [(time.process_time() - self._since) / len(genes)] * len(genes)
        raw = self.question.raw(genes)
        for key in map(bytes, genes):
            if key in self._seen:
                self.repeated.append(len(self._seen) + len(self.repeated))
            self._seen.add(key)
        self.values += list(self.question.scaled(raw))
        self._since = time.process_time()
        return raw

    def shares(self) -> Floats:
        """Return the hypervolume [N] after each evaluation, as a share of the true one."""
        minimised = ["min"] * len(self.question.objectives)
        return hypervolume_trace(np.array(self.values), minimised, self.question.reference) / self.question.true
