"""Figures of others for the same questions, each with where it was read (published.csv)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.tables.summary import FIGURES, KEY

_FILE = Path(__file__).parent / "published.csv"


def with_published(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows, and what was published for their questions."""
    found = list(rows)
    asked = {tuple(str(row[name]) for name in KEY): {name: row[name] for name in KEY} for row in found}
    for record in pd.read_csv(_FILE, dtype={name: str for name in KEY}).fillna({"where": ""}).to_dict("records"):
        same = asked.get(tuple(str(record[name]) for name in KEY))
        if same is not None:
            figures = {name: record[name] for name in FIGURES if name in record and record[name] == record[name]}
            found.append({**same, "model": f"published: {record['model']}", **figures})
    return found
