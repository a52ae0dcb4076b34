"""A metric of architectures, learned from examples: the regressors over an encoding of the space."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Self

import numpy as np

from predictors.population import PopulationTable
from predictors.regressors import REGRESSORS, Encoded, Ensemble, Regressor, standardised
from predictors.regressors.encoded import Floats, Integers
from search_spaces import Architecture, InputError, SearchSpace
from search_spaces.encoding import Key

_SAMPLE = 256  # random networks of the space, whose spread is the unit of every number


class ArchitectureEncoder:
    """Encodes networks of one space: their genes, what these add up to by stage and in all, and costs."""

    def __init__(self, space: SearchSpace):
        self.space, self._costs = space, PopulationTable(space)
        self._choices = tuple(len(dimension.choices) for dimension in space.dimensions)
        self._sums = _sums(space)

    def encode(self, architectures: Sequence[Architecture]) -> Encoded:
        """Return the networks [N]. Raises InputError for one that is not in the space."""
        return self.encode_genes(self._genes(architectures))

    def encode_genes(self, genes: Integers) -> Encoded:
        """Return the networks by their gene vectors [N,G]. Raises InputError for a part that the space lacks."""
        encoded = self._raw(genes)
        numbers = {name: standardised(group, self._reference[name]) for name, group in encoded.numbers.items()}
        return Encoded(encoded.genes, encoded.choices, numbers)

    @cached_property
    def _reference(self) -> Mapping[str, Floats]:
        rng = np.random.default_rng(0)
        return self._raw(self._genes([self.space.sample(rng) for _ in range(_SAMPLE)])).numbers

    def _genes(self, architectures: Sequence[Architecture]) -> Integers:
        genes = np.array([self.space.encode(one) for one in architectures], dtype=np.int64)
        return genes.reshape(len(architectures), len(self._choices))

    def _raw(self, genes: Integers) -> Encoded:
        bare = Encoded(genes, self._choices)
        return Encoded(
            genes, self._choices, {"sums": bare.one_hot @ self._sums, "costs": np.log1p(self._costs.totals(genes))}
        )


def _sums(space: SearchSpace) -> Floats:
    """Return the map [choices of all genes, K] to what genes add up to, by stage and over all stages.

    A gene with numbers to choose from adds its number, another one counts each of its values.
    """
    columns: dict[Key, dict[int, float]] = defaultdict(dict)
    row = 0
    for dimension in space.dimensions:
        numeric = all(isinstance(value, int | float) for value in dimension.choices)
        for value in dimension.choices:
            kind = (*_without_block(dimension.key), *(() if numeric else (str(value),)))
            for place in (kind, ("all", *kind[1:])):
                columns[place][row] = float(value) if numeric else 1.0
            row += 1
    found = np.zeros((row, len(columns)))
    for column, entries in enumerate(columns.values()):
        found[list(entries), column] = list(entries.values())
    return found


def _without_block(key: Key) -> Key:
    """Return the key of a gene without the number of its block."""
    return (key[0], *(part for part in key[1:] if isinstance(part, str)))


class Surrogate:
    """Predicts a metric of networks of one space; ``relative`` as in `Regressor`."""

    def __init__(self, space: SearchSpace, relative: bool = False, members: Mapping[str, type[Regressor]] = REGRESSORS):
        self.encoder, self.ensemble = ArchitectureEncoder(space), Ensemble(members, relative)
        self._known: Floats | None = None

    def fit(
        self, architectures: Sequence[Architecture], values: Sequence[float], columns: Floats | None = None
    ) -> Self:
        """Learn from networks with their values.

        ``columns`` [N,K] are further numbers of each network, such as zero-cost scores. Raises InputError for a network
        that is not in the space and for columns that are not finite numbers of every network, ValueError for values
        that `Regressor.fit` refuses.
        """
        self._known = None if columns is None else np.asarray(columns, dtype=np.float64)
        self.ensemble.fit(self._encode(architectures, columns), np.asarray(values, dtype=np.float64))
        return self

    def predict(self, architectures: Sequence[Architecture], columns: Floats | None = None) -> tuple[Floats, Floats]:
        """Return mean [N] and standard deviation [N]; ± 1.645 of it hold the value nine times out of ten.

        ``columns`` are those of `fit`. Raises InputError when they are not.
        """
        return self.ensemble.predict(self._encode(architectures, columns))

    def _encode(self, architectures: Sequence[Architecture], columns: Floats | None) -> Encoded:
        encoded = self.encoder.encode(architectures)
        if columns is None and self._known is None:
            return encoded
        if columns is None or self._known is None:
            raise InputError("this surrogate learned " + ("without" if self._known is None else "with") + " columns")
        shape, wanted = np.shape(columns), (len(architectures), *self._known.shape[1:])
        if len(wanted) != 2 or shape != wanted or not np.isfinite(columns).all():
            raise InputError(f"columns: expected finite numbers {wanted}, found {shape}")
        return replace(encoded, numbers={**encoded.numbers, "columns": standardised(columns, self._known)})
