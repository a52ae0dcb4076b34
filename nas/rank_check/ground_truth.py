"""A ground truth as a CSV file: networks with their accuracy after training alone, one column a seed.

Columns: ``digest``; ``group`` ("sample", or a ladder as DIMENSION-NUMBER); ``architecture``, its JSON or the path of
its file beside the CSV; ``accuracy_0``, ``accuracy_1`` ..., 0 to 1, empty where that seed was not trained.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from search_spaces import Architecture, Drawn, SearchSpace, read_architecture
from search_spaces.errors import InputError, nearest
from search_spaces.files import read_text, write_text_atomic

_COLUMNS = ("digest", "group", "architecture", "accuracy_0")


@dataclass(frozen=True)
class TrainedAlone:
    """A drawn network with its accuracy (0 to 1) after training alone, one a seed."""

    drawn: Drawn
    accuracies: tuple[float, ...]


def read_ground_truth(path: Path, space: SearchSpace) -> list[TrainedAlone]:
    """Read a file. Raises InputError naming what is wrong: a column, a line's value, a network not of the space."""
    rows = csv.DictReader(io.StringIO(read_text(path)))
    for column in _COLUMNS:
        if column not in (rows.fieldnames or ()):
            raise InputError(f"{path}: column {column!r} is missing{nearest(column, rows.fieldnames or ())}")
    found = [_read_row(row, path, f"{path}:{rows.line_num}") for row in rows]
    for one in found:
        if not space.contains(one.drawn.architecture):
            digest = one.drawn.architecture.digest[:12]
            raise InputError(f"{path}: network {digest} is not in the space {space.name} of this run")
    return found


def _read_row(row: dict[str, str], path: Path, where: str) -> TrainedAlone:
    text = row["architecture"] or ""
    if text.lstrip().startswith("{"):
        try:
            architecture = Architecture.from_dict(json.loads(text), where)
        except json.JSONDecodeError as error:
            raise InputError(f"{where}: architecture: not valid JSON: {error.msg}") from None
    else:
        architecture = read_architecture(path.parent / text)
    if architecture.digest != row["digest"]:
        raise InputError(f"{where}: digest {row['digest'][:12]!r} is not that of the architecture, "
                         f"{architecture.digest[:12]}")  # fmt: skip
    columns = sorted((name for name in row if name and name.startswith("accuracy_")), key=lambda n: (len(n), n))
    accuracies = tuple(_accuracy(row[name], f"{where}: {name}") for name in columns if row[name])
    if not accuracies:
        raise InputError(f"{where}: no accuracy; expected a fraction from 0 to 1 in accuracy_0")
    return TrainedAlone(Drawn(architecture, row["group"] or ""), accuracies)


def _accuracy(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise InputError(f"{where}: expected a fraction from 0 to 1, found {text!r}")
    return value


def write_ground_truth(path: Path, networks: Sequence[TrainedAlone]) -> None:
    """Write a file that `read_ground_truth` reads, with the architectures in it."""
    seeds = max(len(one.accuracies) for one in networks)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COLUMNS[:3], *(f"accuracy_{seed}" for seed in range(seeds))])
    for one in networks:
        architecture = one.drawn.architecture
        accuracies = [*map(repr, one.accuracies), *[""] * (seeds - len(one.accuracies))]
        row = json.dumps(architecture.to_dict(), separators=(",", ":"))
        writer.writerow([architecture.digest, one.drawn.group, row, *accuracies])
    write_text_atomic(path, text.getvalue())
