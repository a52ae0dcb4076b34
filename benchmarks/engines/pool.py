"""A table of measured networks as a question: all of its rows, or those that have the objectives, are the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from analysis.fronts import Objective, hypervolume, non_dominated
from benchmarks.engines._task import Conditions, Floats, Question
from benchmarks.tables import Table
from nas.search.domains import Genes, PoolDomain
from predictors.regressors import Encoded
from search_spaces.errors import InputError, nearest

# Tables whose rows are choices, by the beginning of their name: whether these are numbers.
TABLES: Mapping[str, bool] = MappingProxyType({
    "nb201": False,
    "nas_bench_macro": False,
    "ofa": True,
    "accel_nasbench": True,
    "fbnet": False,
})  # fmt: skip
_COSTS = ("macs", "flops", "params")


def table_question(name: str, table: Table, objectives: Sequence[Objective], priced: Sequence[str] = ()) -> Question:
    """Return the search of a table. Of rows with the same genes the first one is kept.

    Raises InputError for a column that the table does not have, that holds no numbers, or one number only.
    """
    raw = np.stack([_column(name, table, objective.name) for objective in objectives], axis=1)
    kept = np.flatnonzero(np.isfinite(raw).all(axis=1))
    kept = kept[np.sort(np.unique(table.encoded.genes[kept], axis=0, return_index=True)[1])]
    raw, encoded = raw[kept], _told(table.encoded.take(kept), objectives, priced)
    signed = raw * np.array([-1.0 if objective.direction == "max" else 1.0 for objective in objectives])
    low, high = _range(name, signed, objectives)
    scaled, minimised = (signed - low) / (high - low), ["min"] * len(objectives)
    corner = np.ones(len(objectives))
    return Question(
        table=name,
        objectives=tuple(objectives),
        choices=encoded.choices,
        ordered=(next(ordered for begin, ordered in TABLES.items() if name.startswith(begin)),) * len(encoded.choices),
        conditions=conditions(encoded.genes),
        domain=PoolDomain([str(row) for row in kept], encoded),
        raw=lambda genes: raw[genes[:, 0]],
        low=low,
        high=high,
        reference=corner,
        size=len(kept),
        true=hypervolume(scaled, minimised, corner),
        front=scaled[non_dominated(scaled, minimised)],
        places=_Places(encoded.genes),
        rows=lambda genes: encoded.genes[genes[:, 0]],
    )


def conditions(genes: Genes) -> Conditions:
    """Return beside which values of which other gene each gene exists that some rows [N,G] are without."""
    whole = np.flatnonzero((genes >= 0).all(axis=0))
    found = {}
    for gene in np.flatnonzero((genes < 0).any(axis=0)).tolist():
        exists = genes[:, gene] >= 0
        for parent in whole.tolist():
            allowed = frozenset(genes[exists, parent].tolist())
            if not allowed & set(genes[~exists, parent].tolist()):
                found[gene] = parent, allowed
                break
    return found


class _Places:
    """Finds the member that a row is, or else the one that differs in the fewest genes, of those the first."""

    def __init__(self, members: Genes):
        self._members = members
        self._exact = {bytes(row): place for place, row in enumerate(members)}

    def __call__(self, rows: Genes) -> Genes:
        return np.array([[self._place(row)] for row in rows.astype(np.int64)])

    def _place(self, row: Genes) -> int:
        found = self._exact.get(bytes(row))
        return int((self._members != row).sum(axis=1).argmin()) if found is None else found


def _column(name: str, table: Table, column: str) -> Floats:
    """Return a column [N] or a cost that follows from the genes; latencies without those that are no measurement."""
    known = [*table.frame.columns, *(cost for cost in table.floors if cost not in table.frame)]
    if column not in known:
        raise InputError(f"--objectives: table {name} has no column {column!r}{nearest(column, known)}")
    if column not in table.frame:
        return table.floors[column]
    if column.startswith("lat"):
        return table.values(column)
    values = np.asarray(pd.to_numeric(table.frame[column], errors="coerce"), dtype=np.float64)
    if np.isnan(values).all():
        raise InputError(f"--objectives: column {column!r} of table {name} holds no numbers")
    return values


def _told(encoded: Encoded, objectives: Sequence[Objective], priced: Sequence[str]) -> Encoded:
    """Return what ours sees of the members: no costs where a cost is to be found out by evaluations."""
    hidden = any(objective.name.startswith(_COSTS) and objective.name not in priced for objective in objectives)
    numbers = {name: group for name, group in encoded.numbers.items() if not (hidden and name == "costs")}
    return replace(encoded, numbers=numbers, sums=None)


def _range(name: str, signed: Floats, objectives: Sequence[Objective]) -> tuple[Floats, Floats]:
    if not len(signed):
        raise InputError(f"--objectives: no row of table {name} has a value for all of them")
    low, high = signed.min(axis=0), signed.max(axis=0)
    for objective, least, most in zip(objectives, low, high, strict=True):
        if least == most:
            raise InputError(f"--objectives: column {objective.name!r} of table {name} has one value alone")
    return low, high
