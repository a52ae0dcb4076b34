"""Rows out: a Markdown table for people, JSON lines for programs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from math import floor, isfinite, log10
from pathlib import Path
from typing import Any

from search_spaces.files import write_text_atomic

Row = Mapping[str, Any]


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--json`` and ``--out``."""
    parser.add_argument("--json", action="store_true", help="rows as JSON on stdout, one a line; the table on stderr")
    parser.add_argument("--out", type=Path, help="folder that gets the rows and the table as files too")


def emit(name: str, rows: Sequence[Row], arguments: argparse.Namespace, columns: Sequence[str] | None = None) -> None:
    """Print the rows as the options of `add_output_options` say; with --out also into name.jsonl and name.md there.

    The table has ``columns`` only, where they are given. Raises ValueError for a row that
    JSON can not hold.
    """
    lines, table = "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows), markdown(rows, columns)
    if arguments.json:
        sys.stdout.write(lines)
        sys.stdout.flush()
    print(table, file=sys.stderr if arguments.json else sys.stdout)
    if arguments.out is not None:
        arguments.out.mkdir(parents=True, exist_ok=True)
        write_text_atomic(arguments.out / f"{name}.jsonl", lines)
        write_text_atomic(arguments.out / f"{name}.md", table + "\n")


def markdown(rows: Sequence[Row], columns: Sequence[str] | None = None) -> str:
    """Return the rows as a table; a column that a row does not have is empty there."""
    names = columns or list(dict.fromkeys(name for row in rows for name in row))
    lines = [names, ["---"] * len(names), *([_cell(row.get(name)) for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    """Return a number with three significant figures, anything else as it is."""
    if value is None:
        return ""
    if not isinstance(value, float) or not isfinite(value) or value == 0:
        return str(value)
    return f"{value:.{max(0, 2 - floor(log10(abs(value))))}f}"
