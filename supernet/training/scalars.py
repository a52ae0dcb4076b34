"""The curves of a training, beside its run: TensorBoard event files, and the same numbers as parquet."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from tensorboardX.proto.event_pb2 import Event  # type: ignore[attr-defined]  (made when it is imported)
from tensorboardX.proto.summary_pb2 import Summary  # type: ignore[attr-defined]
from tensorboardX.record_writer import RecordWriter

from search_spaces import InputError
from search_spaces.files import write_atomic
from supernet.training.config import TrainProgress

ROWS = 1000  # of a training at most, evenly spread; a row for every step where there are fewer
_KEYS = ("step", "time")


class Scalars:
    """Rows of ``training.parquet`` and events of ``tensorboard/`` in a folder, equal in steps and values.

    A row has ``step``, ``time`` (Unix, seconds), ``learning_rate``, ``images_per_second``, the step's losses in nats as
    ``loss/ROLE`` (NaN for a role that it did not train), and as ``exposure/CHOICE`` how often each choice had been
    trained until then. Steps that were skipped have no row. The parquet file is written with every checkpoint, before
    it, so it holds all rows until a checkpoint, and `resume` continues both without a gap.
    """

    def __init__(self, folder: Path | str, steps: int):
        self.parquet, self.events = Path(folder) / "training.parquet", Path(folder) / "tensorboard"
        self.every = max(1, -(-steps // ROWS))
        self.rows: list[dict[str, float]] = []
        self._writer: RecordWriter | None = None

    def resume(self, step: int) -> None:
        """Keep the rows until ``step``, where a training goes on, and write the events anew from them."""
        rows = pd.read_parquet(self.parquet).to_dict("records") if step > 0 and self.parquet.exists() else []
        self.rows = [{str(k): v for k, v in row.items()} for row in rows if row["step"] <= step]
        self.close()
        shutil.rmtree(self.events, ignore_errors=True)
        for row in self.rows:
            self._write_event(row)

    def add(self, progress: TrainProgress, exposure: Mapping[str, int]) -> None:
        """Write the row of a step, where it has one."""
        if progress.step % self.every:
            return
        row: dict[str, float] = {"step": progress.step, "time": time.time()}
        row |= {"learning_rate": progress.learning_rate, "images_per_second": progress.images_per_second}
        row |= {f"loss/{role}": loss for role, loss in progress.losses.items()}
        row |= {f"exposure/{choice}": count for choice, count in exposure.items()}
        self.rows.append(row)
        self._write_event(row)

    def save(self) -> None:
        """Write the parquet file and what is buffered of the events. Raises InputError when the disk is full."""
        table = pd.DataFrame(self.rows, columns=None if self.rows else list(_KEYS))
        write_atomic(self.parquet, lambda file: table.to_parquet(file, index=False))
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """End the event file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _write_event(self, row: Mapping[str, float]) -> None:
        try:
            self._open().write(_event(row).SerializeToString())
        except OSError as error:
            raise InputError(f"cannot write to {self.events}: {error.strerror or error}. Free space.") from error

    def _open(self) -> RecordWriter:
        """Return the writer; a new file begins with the version that TensorBoard looks for."""
        if self._writer is None:
            self.events.mkdir(parents=True, exist_ok=True)
            self._writer = RecordWriter(str(self.events / f"events.out.tfevents.{time.time_ns()}"))
            self._writer.write(Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString())
        return self._writer


def _event(row: Mapping[str, float]) -> Event:
    """Return one event with all values of a row; a value that the row lacks is NaN in the table."""
    values = [Summary.Value(tag=k, simple_value=v) for k, v in row.items() if k not in _KEYS and v == v]
    return Event(wall_time=row["time"], step=int(row["step"]), summary=Summary(value=values))
