"""What a search moves in: a finite set of points, each a row of genes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from predictors.regressors import Encoded

Genes = NDArray[np.int64]


class Point(Protocol):
    """One thing to evaluate. Equal points have equal digests."""

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of what the point is."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, from which the domain reads it."""
        ...


class Domain(ABC):
    """A set of points. A gene is the index of a choice, -1 where the choice does not exist in the point.

    Equal points have equal genes. ``rng`` alone decides what is drawn. ``choices`` [G] says how many values each gene
    has, ``ordered`` whether those next to each other are alike.
    """

    choices: tuple[int, ...]
    ordered: tuple[bool, ...]

    @abstractmethod
    def sample(self, count: int, rng: np.random.Generator) -> Genes:
        """Return random points [count,G]; some may be equal."""

    @abstractmethod
    def children(self, parents: Genes, count: int, rng: np.random.Generator) -> Genes:
        """Return points [count,G] with choices of one or two of the parents [P,G], a few of them changed.

        Some may be equal to each other or to a parent. There may be fewer than asked for.
        """

    @abstractmethod
    def encode(self, genes: Genes) -> Encoded:
        """Return the points [N,G] as regressors see them."""

    @abstractmethod
    def point(self, genes: NDArray[np.int64]) -> Any:
        """Return the point of a row [G]."""

    @abstractmethod
    def genes(self, point: Any) -> NDArray[np.int64]:
        """Return the row [G] of a point. Raises InputError for a point that is not in the set."""

    @abstractmethod
    def fit(self, genes: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """Return a row [G] of the set that is near to one whose genes may not go together."""

    @abstractmethod
    def read(self, value: Any, where: str) -> Any:
        """Return the point of a JSON form. Raises InputError starting with ``where``."""

    @abstractmethod
    def cardinality(self) -> int:
        """Return the number of points."""

    def exists(self, genes: NDArray[np.int64], gene: int) -> bool:
        """Return whether a gene exists in a point whose genes before it are those of a row."""
        return True

    def extremes(self) -> Genes:
        """Return points at the ends of the set, such as the largest and the smallest network; there may be none."""
        return np.zeros((0, len(self.choices)), dtype=np.int64)

    def members(self) -> Genes | None:
        """Return all points where they are few enough to be gone through at every step, else None."""
        return None
