"""A list of points that is searched as it is, such as the networks of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas.search.domains._domain import Domain, Genes
from predictors.regressors import Encoded
from search_spaces.errors import InputError

_NEAR = 16  # members that are looked at for each child, of which the most similar one is taken


@dataclass(frozen=True)
class Member:
    """One of the listed points, by its name."""

    name: str

    @property
    def digest(self) -> str:
        """The name."""
        return self.name

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"name": self.name}


class PoolDomain(Domain):
    """Members [N] with their encoding. Their only gene is the place in the list.

    Raises InputError for names that are not as many as networks, or not all different.
    """

    def __init__(self, names: Sequence[str], encoded: Encoded):
        if len(names) != len(encoded) or len(set(names)) < len(names):
            raise InputError(f"a pool needs a name of its own for each of {len(encoded)} members")
        self.names, self.encoded = tuple(names), encoded
        self.choices, self.ordered = (len(names),), (False,)
        self._place = {name: place for place, name in enumerate(names)}

    def sample(self, count: int, rng: np.random.Generator) -> Genes:
        """See `Domain.sample`."""
        return rng.integers(len(self.names), size=(count, 1))

    def children(self, parents: Genes, count: int, rng: np.random.Generator) -> Genes:
        """See `Domain.children`: of some random members the one that shares the most genes with a parent."""
        parent = parents[rng.integers(len(parents), size=count), 0]
        others = rng.integers(len(self.names), size=(count, _NEAR))
        unlike = (self.encoded.genes[others] != self.encoded.genes[parent][:, None]).sum(axis=2).astype(float)
        unlike[others == parent[:, None]] = np.inf
        return others[np.arange(count), unlike.argmin(axis=1)][:, None]

    def encode(self, genes: Genes) -> Encoded:
        """See `Domain.encode`."""
        return self.encoded.take(genes[:, 0])

    def point(self, genes: NDArray[np.int64]) -> Member:
        """See `Domain.point`."""
        return Member(self.names[int(genes[0])])

    def genes(self, point: Member) -> NDArray[np.int64]:
        """See `Domain.genes`."""
        if point.name not in self._place:
            raise InputError(f"{point.name!r} is not a member of the pool")
        return np.array([self._place[point.name]])

    def fit(self, genes: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """See `Domain.fit`."""
        return np.clip(genes, 0, len(self.names) - 1)

    def read(self, value: Any, where: str) -> Member:
        """See `Domain.read`."""
        name = value.get("name") if isinstance(value, dict) else None
        if name not in self._place:
            raise InputError(f"{where}: {value!r} is not a member of the pool")
        return Member(name)

    def cardinality(self) -> int:
        """See `Domain.cardinality`."""
        return len(self.names)

    def members(self) -> Genes:
        """See `Domain.members`."""
        return np.arange(len(self.names))[:, None]
