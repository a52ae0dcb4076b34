"""Named parameters with values to choose from, some of which exist only beside certain values of others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas.search.domains._domain import Domain, Genes
from predictors.regressors import Encoded
from search_spaces.errors import InputError, nearest

Value = str | int | float | bool
_CROSSED = 0.9  # share of children with two parents
_STEP = 0.5  # share of the changes of an ordered gene that go to a value next to it


@dataclass(frozen=True)
class Parameter:
    """A choice among ``values``, at least two. ``ordered`` values next to each other are alike.

    It exists where each parameter named in ``when``, all of which stand before it, has one of the values given there.
    Raises InputError for fewer than two values, or equal ones.
    """

    name: str
    values: tuple[Value, ...]
    ordered: bool = False
    when: Mapping[str, Sequence[Value]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.values) < 2 or len({_key(value) for value in self.values}) < len(self.values):
            raise InputError(f"parameter {self.name!r}: expected two values or more, all different, "
                             f"found {list(self.values)}")  # fmt: skip


@dataclass(frozen=True)
class Configuration:
    """A value for each parameter that exists."""

    values: Mapping[str, Value]

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the JSON form."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return dict(self.values)


class ParameterDomain(Domain):
    """All configurations of some parameters. Raises InputError for equal names and for unknown ones in a ``when``."""

    def __init__(self, parameters: Sequence[Parameter]):
        self.parameters = tuple(parameters)
        self.choices = tuple(len(parameter.values) for parameter in parameters)
        self._index: dict[str, int] = {}
        self._conditions = [self._condition(parameter) for parameter in parameters]
        self.ordered = tuple(parameter.ordered for parameter in parameters)

    def sample(self, count: int, rng: np.random.Generator) -> Genes:
        """See `Domain.sample`: each parameter by itself, all values alike."""
        return self._existing(rng.integers(np.array(self.choices), size=(count, len(self.choices))))

    def children(self, parents: Genes, count: int, rng: np.random.Generator) -> Genes:
        """See `Domain.children`: uniform crossover, then about one change a child."""
        first, second = parents[rng.integers(len(parents), size=(2, count))]
        crossed = rng.random((count, 1)) < _CROSSED
        child = np.where(crossed & (rng.random(first.shape) < 0.5), second, first)
        exists = child >= 0
        drawn = rng.integers(np.array(self.choices), size=child.shape)
        stepped = child + rng.choice([-1, 1], size=child.shape)
        near = (
            np.array(self.ordered)
            & (rng.random(child.shape) < _STEP)
            & (stepped >= 0)
            & (stepped < np.array(self.choices))
        )
        changed = rng.random(child.shape) < 1 / np.maximum(exists.sum(axis=1, keepdims=True), 1)
        child = np.where(changed & exists, np.where(near, stepped, drawn), child)
        return self._existing(np.where(child < 0, drawn, child))  # what has come to exist is drawn

    def encode(self, genes: Genes) -> Encoded:
        """See `Domain.encode`; ordered parameters are numbers too."""
        middle, spread = self._units
        numbers = np.where(genes < 0, middle, genes) - middle
        return Encoded(genes, self.choices, {"ordered": (numbers / spread)[:, np.array(self.ordered, dtype=bool)]})

    def point(self, genes: NDArray[np.int64]) -> Configuration:
        """See `Domain.point`."""
        pairs = zip(self.parameters, genes.tolist(), strict=True)
        return Configuration({parameter.name: parameter.values[gene] for parameter, gene in pairs if gene >= 0})

    def genes(self, point: Configuration) -> NDArray[np.int64]:
        """See `Domain.genes`."""
        row = [
            [_key(value) for value in parameter.values].index(_key(point.values[parameter.name]))
            if parameter.name in point.values
            else -1
            for parameter in self.parameters
        ]
        return np.array(row, dtype=np.int64)

    def fit(self, genes: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """See `Domain.fit`: what should not exist is dropped, what is missing is drawn."""
        drawn = rng.integers(np.array(self.choices))
        return self._existing(np.where(genes < 0, drawn, genes)[None])[0]

    def exists(self, genes: NDArray[np.int64], gene: int) -> bool:
        """See `Domain.exists`."""
        return all(int(genes[parent]) in allowed for parent, allowed in self._conditions[gene])

    def read(self, value: Any, where: str) -> Configuration:
        """See `Domain.read`."""
        if not isinstance(value, Mapping):
            raise InputError(f"{where}: expected a mapping of parameters, found {type(value).__name__}")
        for name, choice in value.items():
            if name not in self._index:
                raise InputError(f"{where}: unknown parameter {name!r}{nearest(name, self._index)}")
            values = self.parameters[self._index[name]].values
            if _key(choice) not in [_key(known) for known in values]:
                raise InputError(f"{where}: {name} is one of {list(values)}, found {choice!r}")
        configuration = Configuration(dict(value))
        genes = self.genes(configuration)
        if (self._existing(np.maximum(genes, 0)[None])[0] != genes).any():
            raise InputError(f"{where}: a parameter is missing, or stands there though its condition does not hold")
        return configuration

    def cardinality(self) -> int:
        """See `Domain.cardinality`: counted by branches, exact."""
        return self._count(0, {})

    def _count(self, first: int, chosen: dict[int, int]) -> int:
        """Count the ways to choose parameters from number ``first`` on; only values that conditions name matter."""
        if first == len(self.parameters):
            return 1
        if not all(chosen.get(parent, -1) in allowed for parent, allowed in self._conditions[first]):
            return self._count(first + 1, chosen)
        if first not in self._named:
            return self.choices[first] * self._count(first + 1, chosen)
        return sum(self._count(first + 1, {**chosen, first: gene}) for gene in range(self.choices[first]))

    @cached_property
    def _named(self) -> frozenset[int]:
        """The parameters that conditions of others name."""
        return frozenset(parent for conditions in self._conditions for parent, _ in conditions)

    @cached_property
    def _units(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation of each gene where all values are alike."""
        counts = np.array(self.choices, dtype=float)
        return (counts - 1) / 2, np.sqrt((counts**2 - 1) / 12)

    def _condition(self, parameter: Parameter) -> list[tuple[int, frozenset[int]]]:
        """Return the genes that a parameter hangs on, with the values of each that let it exist."""
        found = []
        for name, wanted in parameter.when.items():
            if name not in self._index:
                raise InputError(f"parameter {parameter.name!r}: its condition names {name!r}, which is not a "
                                 f"parameter before it{nearest(name, self._index)}")  # fmt: skip
            known = [_key(value) for value in self.parameters[self._index[name]].values]
            unknown = [value for value in wanted if _key(value) not in known]
            if unknown:
                raise InputError(f"parameter {parameter.name!r}: {name} never is {unknown[0]!r}")
            found.append((self._index[name], frozenset(known.index(_key(value)) for value in wanted)))
        if parameter.name in self._index:
            raise InputError(f"two parameters are named {parameter.name!r}")
        self._index[parameter.name] = len(self._index)
        return found

    def _existing(self, genes: Genes) -> Genes:
        """Return the genes [N,G] with -1 where a condition does not hold."""
        genes = genes.copy()
        for column, conditions in enumerate(self._conditions):
            for parent, allowed in conditions:
                genes[~np.isin(genes[:, parent], list(allowed)), column] = -1
        return genes


def _key(value: Value) -> tuple[bool, Value]:
    """Return what tells values apart, 1 from True too."""
    return isinstance(value, bool), value
