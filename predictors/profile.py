"""The profile of a device: measured networks under one key, and the file that records them one by one."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from predictors.device import DeviceKey
from predictors.timer import Measurement
from search_spaces import Architecture, InputError
from search_spaces.files import read_json, write_json_atomic

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Record:
    """One measured network (merged, BatchNorm folded)."""

    architecture: Architecture
    measurement: Measurement

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "digest": self.architecture.digest,
            "architecture": self.architecture.to_dict(),
            **asdict(self.measurement),
            "noisy": self.measurement.noisy,
        }

    @classmethod
    def from_dict(cls, value: Any, where: str) -> Record:
        """Read the JSON form. Raises InputError starting with ``where``."""
        try:
            figures = {name: float(value[name]) for name in ("median_ms", "p95_ms", "iqr_ms", "load")}
            architecture = Architecture.from_dict(value["architecture"], where)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{where}: not a latency record: {error}") from error
        if not figures["median_ms"] > 0:
            raise InputError(f"{where}: median_ms must be positive, found {figures['median_ms']}")
        return cls(architecture, Measurement(**figures))


@dataclass(frozen=True)
class DeviceProfile:
    """The measured networks of one device under one key; ``again`` are some of them, measured a second time."""

    key: DeviceKey
    records: tuple[Record, ...]
    again: tuple[Record, ...] = ()

    def save(self, path: Path | str) -> None:
        """Write the profile as JSON, atomically."""
        lists = {"records": self.records, "again": self.again}
        written = {name: [record.to_dict() for record in records] for name, records in lists.items()}
        write_json_atomic(path, {"schema_version": SCHEMA_VERSION, "key": self.key.to_dict(), **written})

    @classmethod
    def load(cls, path: Path | str) -> DeviceProfile:
        """Read a profile. Raises InputError naming the file and what is wrong in it."""
        value = read_json(path)
        if not isinstance(value, dict) or value.get("schema_version") != SCHEMA_VERSION:
            raise InputError(f"{path}: not a device profile of schema_version {SCHEMA_VERSION}")
        key = DeviceKey.from_dict(value.get("key"), str(path))
        return cls(key, _read_list(value, "records", path), _read_list({"again": [], **value}, "again", path))

    def merged(self, other: DeviceProfile, where: str) -> DeviceProfile:
        """Return both; of a network that both have, this one's record counts, and the other's is it measured again.

        Raises InputError starting with ``where`` when the keys differ.
        """
        self.key.check_same(other.key, where)
        known = {record.architecture for record in self.records}
        new = tuple(record for record in other.records if record.architecture not in known)
        twice = tuple(record for record in other.records if record.architecture in known)
        return DeviceProfile(self.key, self.records + new, self.again + twice + other.again)


def _read_list(value: dict[str, Any], name: str, path: Path | str) -> tuple[Record, ...]:
    if not isinstance(value.get(name), list):
        raise InputError(f"{path}: {name}: expected a list")
    return tuple(Record.from_dict(one, f"{path}: {name}[{i}]") for i, one in enumerate(value[name]))


def append_records(path: Path | str, key: DeviceKey, records: Sequence[Record]) -> None:
    """Add measurements to the end of a file of records. Raises InputError when they can not be written."""
    lines = [json.dumps({"key": key.to_dict(), **record.to_dict()}) + "\n" for record in records]
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write("".join(lines))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error


def read_records(path: Path | str, key: DeviceKey) -> list[Record]:
    """Read recorded measurements; a last line torn by a kill is cut off. Raises InputError for other damage."""
    path = Path(path)
    if not path.exists():
        return []
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        os.truncate(path, len(whole))
    records = []
    for number, line in enumerate(whole.decode("utf-8", "replace").splitlines(), start=1):
        where = f"{path}:{number}"
        try:
            value = json.loads(line)
        except ValueError as error:
            raise InputError(f"{where}: damaged line: {error}") from error
        if not isinstance(value, dict):
            raise InputError(f"{where}: damaged line: expected an object")
        key.check_same(DeviceKey.from_dict(value.get("key"), where), f"{where} (delete {path} to measure anew)")
        records.append(Record.from_dict(value, where))
    return records
