"""What was measured, one by one: whole networks and single blocks, and the file that keeps them as they come."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from predictors.device import DeviceKey
from predictors.parts import Part
from predictors.timer import Measurement
from search_spaces import Architecture, Block, InputError
from search_spaces.architecture import op_config
from search_spaces.files import read_json_lines

NETWORK, BLOCK = "network", "block"
_REQUIRED = ("median_ms", "p95_ms", "iqr_ms", "load")
_OPTIONAL = ("energy_mj", "pace")
_POSITIVE = ("median_ms", *_OPTIONAL)


@dataclass(frozen=True)
class Record:
    """One measured network (merged, BatchNorm folded)."""

    architecture: Architecture
    measurement: Measurement

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        subject = {"kind": NETWORK, "digest": self.architecture.digest, "architecture": self.architecture.to_dict()}
        return {**subject, **_figures(self.measurement)}

    @classmethod
    def from_dict(cls, value: Any, where: str) -> Record:
        """Read the JSON form. Raises InputError starting with ``where``."""
        _check_kind(value, NETWORK, where)
        return cls(Architecture.from_dict(_of(value, "architecture", where), where), _measurement(value, where))


@dataclass(frozen=True)
class BlockRecord:
    """One part of a network (a block, a downsampling, the stem, the head), merged and measured alone.

    Alone it has the cost of a call, and its data may lie in another cache than inside a network: the time is biased.
    """

    part: Part
    measurement: Measurement

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        part = {**self.part._asdict(), "config": self.part.config.to_dict()}
        return {"kind": BLOCK, "part": part, **_figures(self.measurement)}

    @classmethod
    def from_dict(cls, value: Any, where: str) -> BlockRecord:
        """Read the JSON form. Raises InputError starting with ``where``."""
        _check_kind(value, BLOCK, where)
        return cls(_part(_of(value, "part", where), f"{where}: part"), _measurement(value, where))


def _figures(measurement: Measurement) -> dict[str, Any]:
    """Return the columns of a measurement; what was not measured is not there."""
    known = {name: figure for name, figure in asdict(measurement).items() if figure is not None}
    return {**known, "noisy": measurement.noisy}


def _of(value: Any, name: str, where: str) -> Any:
    if not isinstance(value, dict) or name not in value:
        raise InputError(f"{where}: not a latency record: {name} is missing")
    return value[name]


def _check_kind(value: Any, wanted: str, where: str) -> None:
    found = value.get("kind", NETWORK) if isinstance(value, dict) else None  # before blocks, records did not say it
    if found != wanted:
        raise InputError(f"{where}: not the latency record of a {wanted}: kind is {found!r}")


def _measurement(value: dict[str, Any], where: str) -> Measurement:
    figures = {name: _of(value, name, where) for name in _REQUIRED}
    figures |= {name: value[name] for name in _OPTIONAL if name in value}
    for name, figure in figures.items():
        number = isinstance(figure, int | float) and not isinstance(figure, bool) and math.isfinite(figure)
        if not number or figure < 0 or (name in _POSITIVE and figure == 0):
            kind = "a positive number" if name in _POSITIVE else "a number, zero or more"
            raise InputError(f"{where}: {name}: expected {kind}, found {figure!r}")
    return Measurement(**{name: float(figure) for name, figure in figures.items()})


def _part(value: Any, where: str) -> Part:
    """Read a part. Raises InputError starting with ``where``."""
    unlike = set(Part._fields) ^ set(value if isinstance(value, dict) else ())
    if unlike:
        raise InputError(
            f"{where}: expected {', '.join(Part._fields)}; missing or unknown: {', '.join(sorted(unlike))}"
        )
    for name in ("side", "inputs", "outputs", "stride"):
        if type(value[name]) is not int or value[name] < 1:
            raise InputError(f"{where}: {name}: expected an integer of at least 1, found {value[name]!r}")
    kind, config = value["kind"], value["config"]
    if kind not in ("stem", "downsample", "block", "head"):
        raise InputError(f"{where}: kind: expected stem, downsample, block or head, found {kind!r}")
    if not isinstance(config, dict) or not isinstance(value["sequence"], bool):
        raise InputError(f"{where}: expected an object for config and true or false for sequence")
    read = Block.from_dict(config, where) if kind == "block" else op_config(kind, config, f"{where}: config")
    return Part(**{**value, "config": read})


def append_records(path: Path | str, key: DeviceKey, records: Sequence[Record | BlockRecord]) -> None:
    """Add measurements to the end of a file of records. Raises InputError when they can not be written."""
    lines = [json.dumps({"key": key.to_dict(), **record.to_dict()}) + "\n" for record in records]
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write("".join(lines))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error


def read_records(path: Path | str, key: DeviceKey) -> list[Record | BlockRecord]:
    """Read recorded measurements; a last line torn by a kill is cut off. Raises InputError for other damage."""
    if not Path(path).exists():
        return []
    return [_read_line(value, where, path, key) for where, value in read_json_lines(path)]


def _read_line(value: dict[str, Any], where: str, path: Path | str, key: DeviceKey) -> Record | BlockRecord:
    key.check_same(DeviceKey.from_dict(value.get("key"), where), f"{where} (delete {path} to measure anew)")
    return (BlockRecord if value.get("kind") == BLOCK else Record).from_dict(value, where)
