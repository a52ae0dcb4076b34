"""What a regressor sees of a network: its genes, and groups of numbers that sum it up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Encoded:
    """N networks. ``genes`` [N,G] index into ``choices[g]`` values each, -1 where the choice does not exist.

    ``numbers`` holds groups [N,K] by name (counts, costs, latencies of other devices ...), each column of about zero
    mean and unit spread over the space: a regressor takes distances in them as they are. ``sums`` [N,S] are
    quantities, none negative, of which a value may be a sum: work by kind, latencies of other devices. Raises
    ValueError when lengths differ.
    """

    genes: Integers
    choices: tuple[int, ...]
    numbers: Mapping[str, Floats] = field(default_factory=dict)
    sums: Floats | None = None

    def __post_init__(self) -> None:
        if self.genes.ndim != 2 or self.genes.shape[1] != len(self.choices):
            raise ValueError(f"genes {self.genes.shape} for {len(self.choices)} choices")
        sums = {} if self.sums is None else {"sums": self.sums}
        for name, group in {**self.numbers, **sums}.items():
            if group.ndim != 2 or len(group) != len(self.genes):
                raise ValueError(f"{name} {group.shape} for {len(self.genes)} networks")

    def __len__(self) -> int:
        return len(self.genes)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Encoded:
        """Return some of the networks."""
        numbers = {name: group[rows] for name, group in self.numbers.items()}
        return Encoded(self.genes[rows], self.choices, numbers, None if self.sums is None else self.sums[rows])

    def with_more(self, others: Encoded) -> Encoded:
        """Return these networks and others of the same encoding."""
        numbers = {name: np.vstack([group, others.numbers[name]]) for name, group in self.numbers.items()}
        sums = None if self.sums is None or others.sums is None else np.vstack([self.sums, others.sums])
        return Encoded(np.vstack([self.genes, others.genes]), self.choices, numbers, sums)

    @cached_property
    def one_hot(self) -> Floats:
        """A column [N] for every value of every gene: 1 where it is chosen."""
        columns = [self.genes[:, [g]] == np.arange(count) for g, count in enumerate(self.choices)]
        return np.hstack([np.zeros((len(self), 0)), *columns]).astype(np.float64)

    @cached_property
    def joined(self) -> Floats:
        """All groups of numbers side by side [N,K]."""
        return np.hstack([np.zeros((len(self), 0)), *self.numbers.values()])

    @cached_property
    def table(self) -> Floats:
        """Numbers and one-hot genes side by side, for regressors that know nothing of groups."""
        return np.hstack([self.joined, self.one_hot])


def standardised(values: Floats, reference: Floats | None = None) -> Floats:
    """Return columns with zero mean and unit spread over ``reference`` (themselves otherwise); constant ones are 0."""
    reference = values if reference is None else reference
    spread = reference.std(axis=0)
    flat = spread <= 1e-12 * np.maximum(1.0, np.abs(reference).max(axis=0, initial=0.0))
    return np.where(flat, 0.0, (values - reference.mean(axis=0)) / np.where(flat, 1.0, spread))
