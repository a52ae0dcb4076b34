"""The profile of a device: measured networks under one key, recorded so that a killed profiling continues."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from predictors.timer import Measurement, measure_interleaved
from search_spaces import Architecture, InputError, SearchSpace
from search_spaces.files import read_json, write_json_atomic
from supernet import build, deploy

SCHEMA_VERSION = 1
_GROUP = 8  # networks that are timed together, and the unit of resuming


@dataclass(frozen=True)
class DeviceKey:
    """Under what a latency was measured; records under different keys are never mixed."""

    device: str
    backend: str
    mode: str
    dtype: str
    layout: str
    batch: int
    threads: int
    versions: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


def this_device(batch: int, threads: int) -> DeviceKey:
    """Return the key of this machine's CPU in eager PyTorch, float32, channels last."""
    return DeviceKey(
        device=cpu_name(),
        backend="pytorch",
        mode="eager",
        dtype="float32",
        layout="channels_last",
        batch=batch,
        threads=threads,
        versions=f"torch {torch.__version__}",
    )


def cpu_name() -> str:
    """Return the processor's model name."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


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
    """The measured networks of one device under one key."""

    key: DeviceKey
    records: tuple[Record, ...]

    def save(self, path: Path | str) -> None:
        """Write the profile as JSON, atomically."""
        records = [record.to_dict() for record in self.records]
        write_json_atomic(path, {"schema_version": SCHEMA_VERSION, "key": self.key.to_dict(), "records": records})

    @classmethod
    def load(cls, path: Path | str) -> DeviceProfile:
        """Read a profile. Raises InputError naming the file and what is wrong in it."""
        value = read_json(path)
        if not isinstance(value, dict) or value.get("schema_version") != SCHEMA_VERSION:
            raise InputError(f"{path}: not a device profile of schema_version {SCHEMA_VERSION}")
        key = _read_key(value.get("key"), str(path))
        if not isinstance(value.get("records"), list):
            raise InputError(f"{path}: records: expected a list")
        return cls(key, tuple(Record.from_dict(r, f"{path}: records[{i}]") for i, r in enumerate(value["records"])))


def _read_key(value: Any, where: str) -> DeviceKey:
    try:
        return DeviceKey(**value)
    except TypeError as error:
        raise InputError(f"{where}: key: not a device key: {error}") from error


@dataclass(frozen=True)
class ProfileProgress:
    """How many of the networks are measured."""

    done: int
    total: int


def networks_to_measure(space: SearchSpace, count: int, seed: int) -> list[Architecture]:
    """Return ``count`` different networks (fewer in a small space): the extremes, then samples.

    Samples that bring an operator not seen yet come first, so that every operator of the space is measured.
    """
    rng = np.random.default_rng([seed, 0])
    drawn = dict.fromkeys([space.largest(), space.smallest()])
    for _ in range(50 * count):
        drawn[space.sample(rng)] = None
        if len(drawn) >= 10 * count:
            break
    chosen = list(drawn)[:2]
    seen = set().union(*(architecture.operators for architecture in chosen))
    rest = list(drawn)[2:]
    for architecture in rest:
        if architecture.operators - seen:
            chosen.append(architecture)
            seen |= architecture.operators
    chosen += [architecture for architecture in rest if architecture not in set(chosen)]
    return chosen[:count]


def profile_space(
    space: SearchSpace,
    *,
    count: int,
    seed: int,
    batch: int,
    threads: int,
    records_path: Path | str,
    on_progress: Callable[[ProfileProgress], None] = lambda progress: None,
) -> DeviceProfile:
    """Measure ``count`` networks of ``space`` in this process, merged, on one batch of images.

    Records are appended to ``records_path`` a group at a time; those that stand there are not measured again.
    Raises InputError when they were made under another key.
    """
    key = this_device(batch, threads)
    known = {record.architecture: record for record in read_records(records_path, key)}
    wanted = networks_to_measure(space, count, seed)
    todo = [architecture for architecture in wanted if architecture not in known]
    on_progress(ProfileProgress(len(wanted) - len(todo), len(wanted)))
    while todo:
        group, todo = todo[:_GROUP], todo[_GROUP:]
        networks = [deploy(build(architecture)) for architecture in group]
        shapes = [architecture.input_shape for architecture in group]
        found = measure_interleaved(networks, shapes, batch=batch, threads=threads)
        records = [Record(a, m) for a, m in zip(group, found, strict=True)]
        _append(records_path, key, records)
        known |= {record.architecture: record for record in records}
        on_progress(ProfileProgress(len(wanted) - len(todo), len(wanted)))
    return DeviceProfile(key, tuple(known[architecture] for architecture in wanted))


def _append(path: Path | str, key: DeviceKey, records: Sequence[Record]) -> None:
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
        if not isinstance(value, dict) or _read_key(value.get("key"), where) != key:
            raise InputError(f"{where}: measured under another device key; delete {path} to measure anew")
        records.append(Record.from_dict(value, where))
    return records
