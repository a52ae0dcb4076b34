"""Rows of results as tables to read, those where ours falls short first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

FIGURES = ("spearman", "kendall", "within_10", "mape", "median_error", "coverage_90")
KEY = ("table", "where", "target", "protocol", "train")
LEVEL = 0.005  # of a rank correlation: what draws of the training networks differ by
Row = Mapping[str, Any]


def groups(rows: Iterable[Row]) -> list[list[Row]]:
    """Return rows of one question together, and those questions first where ours is furthest behind."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row.get(name, "") for name in KEY), []).append(row)
    return sorted(found.values(), key=lambda group: _ahead(group)[0])


def full(rows: Iterable[Row]) -> str:
    """Return every model of every question as Markdown."""
    cells = [[*_named(row), row["model"], *_figures(row)] for group in groups(rows) for row in group]
    return _table([*KEY, "model", *FIGURES], cells)


def short(rows: Iterable[Row]) -> str:
    """Return a line for each question as Markdown: ours, and by how much it is ahead of the best other model."""
    cells = []
    for group in groups(rows):
        ahead, other = _ahead(group)
        verdict = "short" if ahead < -LEVEL else "level" if ahead < LEVEL else "ahead"
        ours = _ours(group)
        cells.append([*_named(ours), str(ours["seeds"]), *_figures(ours), f"{ahead:+.3f}", other, verdict])
    return _table([*KEY, "seeds", *FIGURES, "ahead by", "of", "verdict"], cells)


def _ahead(group: Sequence[Row]) -> tuple[float, str]:
    """Return ours less the best other one, by the rank correlation that the other one has, and its name."""
    ours = _ours(group)
    apart = [
        (ours[name] - row[name], row["model"])
        for row in group
        for name in ("spearman", "kendall")
        if row["model"] != "ours" and row.get(name) is not None
    ]
    return min(apart, default=(0.0, "none"))


def _ours(group: Sequence[Row]) -> Row:
    return next(row for row in group if row["model"] == "ours")


def _named(row: Row) -> list[str]:
    return [str(row.get(name, "")) for name in KEY]


def _figures(row: Row) -> list[str]:
    return ["" if row.get(name) is None else f"{row[name]:.3f}" for name in FIGURES]


def _table(head: Sequence[str], cells: Iterable[Sequence[str]]) -> str:
    lines = [list(head), ["---"] * len(head), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
