"""The networks of a search space, as points of a search."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas.search.domains._domain import Domain, Genes
from predictors.surrogate import ArchitectureEncoder
from search_spaces import Architecture, SearchSpace
from search_spaces.encoding import Key
from search_spaces.space import TOTAL_DEPTH

_MUTANTS = 64  # networks that are changed block by block for one set of children
_RATE = 0.05  # of their choices that are changed
_CROSSED = 0.5  # share of children of two unrelated networks; the others take up some of a mutant's changes


class SpaceDomain(Domain):
    """Whole stages may be exchanged between networks of equal input size: rules and ties do not reach beyond one.

    So children are made by exchanging stages among parents and a few mutants of theirs, thousands at a time.
    """

    def __init__(self, space: SearchSpace):
        self.space, self._encoder = space, ArchitectureEncoder(space)
        self.choices = tuple(len(dimension.choices) for dimension in space.dimensions)
        self.ordered = tuple(all(isinstance(v, int | float) for v in d.choices) for d in space.dimensions)
        self._column = {dimension.key: column for column, dimension in enumerate(space.dimensions)}
        self._owner = np.array([-1 if d.key == ("resolution",) else int(d.key[0]) for d in space.dimensions], dtype=int)
        self._depths = [self._depth(i) for i in range(len(space.stages))]

    def sample(self, count: int, rng: np.random.Generator) -> Genes:
        """See `Domain.sample`."""
        return self._rows([self.space.sample(rng) for _ in range(count)])

    def children(self, parents: Genes, count: int, rng: np.random.Generator) -> Genes:
        """See `Domain.children`."""
        bases = rng.integers(len(parents), size=min(count, _MUTANTS))
        networks = {base: self.point(parents[base]) for base in np.unique(bases).tolist()}
        mutants = self._rows([self.space.mutate(networks[base], rng, _RATE) for base in bases.tolist()])
        pool = np.vstack([parents, mutants])
        mutant = rng.integers(len(mutants), size=count)
        crossed = rng.random(count) < _CROSSED
        first = parents[np.where(crossed, rng.integers(len(parents), size=count), bases[mutant])]
        second = pool[np.where(crossed, rng.integers(len(pool), size=count), len(parents) + mutant)]
        return self._legal(self._exchanged(first, second, rng))

    def encode(self, genes: Genes) -> Any:
        """See `Domain.encode`."""
        return self._encoder.encode_genes(genes)

    def point(self, genes: NDArray[np.int64]) -> Architecture:
        """See `Domain.point`."""
        return self.space.decode(genes)

    def genes(self, point: Architecture) -> NDArray[np.int64]:
        """See `Domain.genes`."""
        return self.space.encode(point)

    def fit(self, genes: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """See `Domain.fit`."""
        return self.space.encode(self.space.nearest(genes, rng))

    def exists(self, genes: NDArray[np.int64], gene: int) -> bool:
        """See `Domain.exists`."""
        key = self.space.dimensions[gene].key
        if len(key) > 2 and isinstance(key[1], int) and int(self._value(genes, (key[0], "depth"))) <= key[1]:
            return False
        return len(key) < 3 or key[-1] == "op" or self._value(genes, (*key[:-2], "op")) == key[-2]

    def read(self, value: Any, where: str) -> Architecture:
        """See `Domain.read`."""
        return Architecture.from_dict(value, where)

    def cardinality(self) -> int:
        """See `Domain.cardinality`."""
        return self.space.cardinality()

    def extremes(self) -> Genes:
        """See `Domain.extremes`."""
        return self._rows([self.space.largest(), self.space.smallest()])

    def _value(self, genes: NDArray[np.int64], key: Key) -> Any:
        """Return what a row chooses at a dimension, which may be fixed; None where it does not exist."""
        if key not in self._column:
            return self.space.fixed_values[key]
        gene = int(genes[self._column[key]])
        return self.space.dimensions[self._column[key]].choices[gene] if gene >= 0 else None

    def _rows(self, networks: list[Architecture]) -> Genes:
        rows = [self.space.encode(network) for network in networks]
        return np.array(rows, dtype=np.int64).reshape(len(networks), len(self.choices))

    def _exchanged(self, first: Genes, second: Genes, rng: np.random.Generator) -> Genes:
        """Return the first networks with about half of their stages from the second ones."""
        stages = rng.random((len(first), len(self.space.stages) + 1)) < 0.5
        taken = stages[:, self._owner]  # the last column, -1, is the resolution's
        sides = np.flatnonzero(self._owner < 0)
        unlike = (first[:, sides] != second[:, sides]).any(axis=1)
        taken[unlike] = True  # stages of another input size may not be legal here
        return np.where(taken, second, first)

    def _legal(self, genes: Genes) -> Genes:
        """Return the networks whose number of blocks the rules allow."""
        if not self.space.depth_rules or not len(genes):
            return genes
        totals = np.sum([values[genes[:, column]] for column, values in self._depths], axis=0)
        legal = {
            total: all(rule({TOTAL_DEPTH: total}) for rule in self.space.depth_rules) for total in set(totals.tolist())
        }
        return genes[[legal[total] for total in totals.tolist()]]

    def _depth(self, stage: int) -> tuple[int, NDArray[np.int64]]:
        """Return the column of a stage's depth and the number of blocks of each of its values."""
        for column, dimension in enumerate(self.space.dimensions):
            if dimension.key == (stage, "depth"):
                return column, np.array(dimension.choices, dtype=np.int64)
        return 0, np.full(max(self.choices, default=1), self.space.stages[stage].depths[0], dtype=np.int64)
