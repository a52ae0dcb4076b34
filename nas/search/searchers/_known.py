"""What was evaluated so far, as arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nas.search.domains import Domain
from nas.search.problem import Floats
from nas.search.records import Evaluated


class Known:
    """Evaluations in the order of their index: ``tried`` [T,G] are the genes of all, ``genes`` [N,G] of those that
    did not fail, ``columns`` [N] the metrics that all of these have, by name.
    """

    def __init__(self, domain: Domain):
        self._domain, self._rows = domain, np.zeros((0, len(domain.choices)), dtype=np.int64)
        self._digests: list[str] = []
        self.tried = self.genes = self._rows
        self.columns: dict[str, Floats] = {}

    def __len__(self) -> int:
        return len(self.genes)

    def extended(self, evaluated: Sequence[Evaluated]) -> Known:
        """Return what these evaluations say; points that were known before are not encoded again."""
        digests = [one.point.digest for one in evaluated]
        same = 0
        while same < min(len(digests), len(self._digests)) and digests[same] == self._digests[same]:
            same += 1
        new = [self._domain.genes(one.point) for one in evaluated[same:]]
        width = self._rows.shape[1]
        self._rows = np.vstack([self._rows[:same], np.array(new, dtype=np.int64).reshape(len(new), width)])
        self._digests, self.tried = digests, self._rows
        ok = [i for i, one in enumerate(evaluated) if one.status != "failed"]  # judged on all images or on the first
        self.genes = self._rows[ok]
        names = (
            [name for name in evaluated[ok[0]].metrics if all(name in evaluated[i].metrics for i in ok)] if ok else ()
        )
        self.columns = {name: np.array([evaluated[i].metrics[name] for i in ok], dtype=np.float64) for name in names}
        return self
