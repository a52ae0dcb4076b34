"""Points that are new and satisfy the constraints on cheap metrics, found in a bounded number of tries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas.search.domains import Domain, Genes
from nas.search.problem import Floats, Problem
from nas.search.records import Origin

_BATCH = 32  # points drawn at once, at least
_FRUITLESS = 32  # batches in a row without a find, after which nothing is left to find
_REPAIR_STEPS = 30
_NEIGHBOURS = 8


@dataclass(frozen=True)
class Batch:
    """Points of one origin: genes [N,G] and columns [N] that are known without an evaluation."""

    genes: Genes
    columns: Mapping[str, Floats]
    origin: Origin

    def __len__(self) -> int:
        return len(self.genes)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_] | list[int]) -> Batch:
        """Return some of the points, in the order of ``rows``."""
        columns = {name: column[rows] for name, column in self.columns.items()}
        return Batch(self.genes[rows], columns, self.origin)

    def without(self, other: Batch) -> Batch:
        """Return the points that are not in another batch."""
        known = set(map(bytes, other.genes))
        return self.take([row for row, genes in enumerate(self.genes) if bytes(genes) not in known])


class Fresh:
    """Hands out the points of one generation; what was seen before never comes again.

    ``wanted`` is how many the generation still lacks.
    """

    def __init__(
        self,
        domain: Domain,
        problem: Problem,
        price: Callable[[Genes], Mapping[str, Floats]],
        tried: Genes,
        rng: np.random.Generator,
        wanted: int,
    ):
        self.wanted = wanted
        self.domain, self.problem, self.price, self.rng = domain, problem, price, rng
        self._seen = set(map(bytes, tried))

    @property
    def exhausted(self) -> bool:
        """Whether every point was seen."""
        return len(self._seen) >= self.domain.cardinality()

    def new(self, genes: Genes, origin: Origin) -> Batch:
        """Return those of the points that are new, all different, and feasible as far as their price tells."""
        kept = genes[[row for row in _first_of_each(genes) if bytes(genes[row]) not in self._seen]]
        if not len(kept):
            return Batch(kept, {}, origin)
        columns = self.price(kept)
        feasible = np.broadcast_to(self.problem.violations(columns) == 0.0, len(kept))
        return Batch(kept, columns, origin).take(np.flatnonzero(feasible))

    def claim(self, batch: Batch) -> Batch:
        """Return the points, which count as seen from now on."""
        self._seen |= set(map(bytes, batch.genes))
        return batch

    def collect(self, draw: Callable[[int], Genes], count: int, origin: Origin = "random") -> list[Batch]:
        """Claim ``count`` new feasible points of ``draw``; fewer when it stops giving any, or none is left.

        Where a batch holds none, neighbours of what was found are taken, or one of it is moved toward the feasible set.
        """
        found: list[Batch] = []
        fruitless, missing = 0, count
        while missing > 0 and fruitless < _FRUITLESS:
            drawn = draw(max(_BATCH, 2 * missing))
            batch = self.new(drawn, origin)
            if not len(batch):
                if self.exhausted:
                    break
                batch = self._near(found, origin) if found else batch
                if not len(batch) and len(drawn):
                    batch = self.new(self._repaired(drawn[:1]), origin)
            batch = self.claim(batch.take(np.arange(len(batch))[:missing]))
            fruitless = 0 if len(batch) else fruitless + 1
            missing -= len(batch)
            found += [batch] if len(batch) else []
        return found

    def _near(self, found: list[Batch], origin: Origin) -> Batch:
        """Return new feasible neighbours of points that were found."""
        genes = np.vstack([batch.genes for batch in found])
        return self.new(self.domain.children(genes, _BATCH, self.rng), origin)

    def _repaired(self, genes: Genes) -> Genes:
        """Walk from one point [1,G] to the least violating neighbour, never uphill, until one will do."""
        lowest = np.inf
        for _ in range(_REPAIR_STEPS):
            near = self.domain.children(genes, _NEIGHBOURS, self.rng)
            if not len(near):
                continue
            lacks = self._lacks(near)
            best = int(np.argmin(lacks))
            if lacks[best] <= lowest:
                genes, lowest = near[[best]], float(lacks[best])
            if lowest == 0.0:
                break
        return genes

    def _lacks(self, genes: Genes) -> Floats:
        # Feasible but seen: worse than feasible and new, better than infeasible, so the walk goes through it.
        seen = np.array([key in self._seen for key in map(bytes, genes)])
        return np.maximum(self.problem.violations(self.price(genes)), np.where(seen, 1e-12, 0.0))


def _first_of_each(genes: Genes) -> list[int]:
    """Return the rows without those that are equal to an earlier one."""
    rows = {key: row for row, key in reversed(list(enumerate(map(bytes, genes))))}
    return sorted(rows.values())


def joined(batches: Iterable[Batch]) -> Batch:
    """Return the points of several batches, which have the same columns, as one of the first one's origin."""
    parts = list(batches)
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns}
    return Batch(np.vstack([part.genes for part in parts]), columns, parts[0].origin)
