"""evaluations.jsonl: every evaluation of a run, appended the moment it ends; the run's source of truth."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from nas.search.records import Evaluated
from search_spaces import Architecture
from search_spaces.errors import InputError
from search_spaces.files import read_json_lines, write_atomic


class Journal:
    """Appends evaluations to a file and knows those that are there.

    ``weights`` and ``data`` are the digests of what an evaluation depends on; they stand in every line. ``read`` reads
    the points.
    One process writes at a time (the run folder is locked).
    """

    def __init__(
        self,
        path: Path | str,
        *,
        weights: str,
        data: str,
        read: Callable[[Any, str], Any] = Architecture.from_dict,
    ):
        """Open or create the file; a last line torn by a kill is cut off.

        Raises InputError with the line number for any other damage, for an evaluation made with other
        weights or data, and when the file can not be written.
        """
        self.path = Path(path)
        self._key, self._read = {"weights": weights, "data": data}, read
        self._evaluations: dict[int, Evaluated] = {}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror or error}") from error
        try:
            for where, value in read_json_lines(self.path):
                self._add(value, where)
        except BaseException:
            self.close()
            raise

    def get(self, index: int) -> Evaluated | None:
        """Return the evaluation of a proposal, or None when it is still to be made."""
        return self._evaluations.get(index)

    @property
    def evaluations(self) -> list[Evaluated]:
        """All evaluations in the order of their proposals."""
        return [self._evaluations[index] for index in sorted(self._evaluations)]

    def __len__(self) -> int:
        return len(self._evaluations)

    def append(self, evaluated: Evaluated) -> None:
        """Write one evaluation to the disk before returning. Raises InputError when there is no room."""
        line = json.dumps({**evaluated.to_dict(), **self._key}, allow_nan=False, separators=(",", ":"))
        end = os.lseek(self._file, 0, os.SEEK_END)
        try:
            _write_all(self._file, line.encode() + b"\n")
            os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, end)
            raise InputError(f"cannot write {self.path}: {error.strerror or error}. Free space, then continue "
                             "with --resume: everything before is saved.") from error  # fmt: skip
        self._evaluations[evaluated.index] = evaluated

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self.close()

    def _add(self, value: dict[str, Any], where: str) -> None:
        evaluated = Evaluated.from_dict(value, where, self._read)
        for name, digest in self._key.items():
            if value.get(name) != digest:
                raise InputError(f"{where}: this evaluation was made with other {name}: expected {digest[:12]}, "
                                 f"found {str(value.get(name))[:12]}. Start a new run.")  # fmt: skip
        if evaluated.index in self._evaluations:
            raise InputError(f"{where}: evaluation {evaluated.index} stands there twice")
        self._evaluations[evaluated.index] = evaluated


def write_parquet(journal: Journal, path: Path | str) -> None:
    """Write the table of all evaluations: a row each, a column a metric, the architecture as JSON text.

    Raises InputError when the file can not be written.
    """
    import pandas as pd

    rows = []
    for evaluated in journal.evaluations:
        record = evaluated.to_dict()
        metrics = record.pop("metrics")
        architecture = json.dumps(record.pop("architecture"), sort_keys=True)
        rows.append({**record, **metrics, "architecture": architecture})
    table = pd.DataFrame(rows)
    write_atomic(path, lambda file: table.to_parquet(file, index=False))


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
