"""The tables of networks with measured values in ../shared/data, read and encoded; one file a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from benchmarks.tables import accel_nasbench, fbnet, hat, nas_bench_macro, nb201, neusight, ofa, timm_bench, tinynas
from benchmarks.tables._table import Table, texts
from search_spaces import InputError

LOADERS: Mapping[str, Callable[[pd.DataFrame], Table]] = MappingProxyType({
    "nb201": nb201.table,
    "fbnet": fbnet.table,
    "ofa": ofa.table,
    "accel_nasbench": accel_nasbench.table,
    "nas_bench_macro": nas_bench_macro.table,
    "hat": hat.table,
    "tinynas": tinynas.table,
    "neusight": neusight.table,
    "timm_bench": timm_bench.table,
})  # fmt: skip


def load_table(name: str, folder: Path | str, where: Mapping[str, str]) -> Table:
    """Read DIR/NAME*.csv[.gz], those rows that have the values of ``where``; NAME begins with one of `LOADERS`.

    Raises InputError when there is no such file, or more than one, or no such column or row.
    """
    loader = next((LOADERS[known] for known in sorted(LOADERS, key=len, reverse=True) if name.startswith(known)), None)
    if loader is None:
        raise InputError(f"table {name!r} is unknown; known are {', '.join(LOADERS)}")
    found = sorted(Path(folder).glob(f"{name}*.csv*"))
    exact = [path for path in found if path.name.partition(".")[0] == name]
    if len(exact or found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise InputError(f"{folder}: one file {name}*.csv or {name}*.csv.gz is wanted, found {names}")
    frame = pd.read_csv((exact or found)[0], dtype={"arch": str})
    for column, value in where.items():
        if column not in frame:
            raise InputError(f"{found[0]}: no column {column!r}; there are {', '.join(frame.columns)}")
        frame = frame.loc[texts(frame, column) == value].reset_index(drop=True)
        if frame.empty:
            raise InputError(f"{found[0]}: no row has {column} {value}")
    return loader(frame)


__all__ = ["LOADERS", "Table", "load_table"]
