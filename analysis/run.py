"""Reading a run folder: its configuration, every evaluation and the front, checked as they are read."""

from __future__ import annotations

import json
from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.fronts import Objective
from analysis.held import Held
from analysis.quantities import seen_from
from search_spaces.errors import InputError
from search_spaces.files import read_json

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1
_CONFIG_KEYS = ("name", "command", "space", "data", "objectives", "seed")
_FRONT_KEYS = ("objectives", "reference_point", "hypervolume", "hypervolume_trace", "entries")
_RECORD_KEYS = ("index", "digest", "architecture", "origin", "status", "metrics")
_RANKING_KEYS = ("overall", "measures", "bands", "dimensions", "words", "networks")
_ENTRY_KEYS = ("digest", "registry", "architecture", "accuracy")
_PUBLISHED_KEYS = ("name", "paper", "accuracy")


class Run:
    """A run folder, read lazily. Every property raises InputError naming a missing or broken file.

    Where a search had several devices and a front of each, ``device`` says whose front is read: its columns are
    ``latency_ms`` then, those of the others ``latency_ms@NAME``.
    """

    def __init__(self, path: Path | str, device: str = ""):
        self.path, self.device = Path(path), device
        if not self.path.is_dir():
            raise InputError(f"{self.path} is not a run folder: no such folder. `nas search` makes one in runs/")

    @cached_property
    def config(self) -> dict[str, Any]:
        """The resolved configuration (config.json)."""
        return self._object("config.json", _CONFIG_KEYS)

    @cached_property
    def objectives(self) -> tuple[Objective, ...]:
        """What was searched for, in the order in which the user gave it."""
        try:
            return tuple(Objective(**objective) for objective in self.config["objectives"])
        except TypeError as error:
            path = self.path / "config.json"
            raise InputError(f"{path}: objectives: expected name, direction and unit: {error}") from error

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The lines of evaluations.jsonl in their order."""
        records = read_records(self.path / "evaluations.jsonl")
        return [{**record, "metrics": seen_from(self.device, record["metrics"] or {})} for record in records]

    @cached_property
    def evaluations(self) -> pd.DataFrame:
        """One row per evaluation: digest, status, every metric in its own unit, the architecture's columns.

        Metrics of a failed evaluation are NaN. ``architecture`` is JSON text, so that the table can be stored
        as parquet; ``depth``, ``depth_0`` ... are blocks, ``width_0`` ... channels, ``mixer_NAME`` blocks.
        """
        import pandas as pd

        rows = [self._row(record, line) for line, record in enumerate(self.records, start=1)]
        table = pd.DataFrame(rows, columns=None if rows else ["index", "digest", "origin", "status"])
        for objective in self.objectives:
            if objective.name not in table:
                table[objective.name] = float("nan")
        mixers = [name for name in table.columns if name.startswith("mixer_")]
        return table.fillna(dict.fromkeys(mixers, 0)).astype(dict.fromkeys(mixers, "int64"))

    @cached_property
    def front(self) -> dict[str, Any]:
        """The result of the search (front.json), entries sorted by latency."""
        if not (self.path / "front.json").exists():
            raise InputError(
                f"{self.path / 'front.json'} is missing: the search has not ended. "
                "Continue it with `nas search --resume`"
            )
        front = self._front_seen()
        self._check(front, _FRONT_KEYS, str(self.path / "front.json"))
        for i, entry in enumerate(front["entries"]):
            self._check(entry, _ENTRY_KEYS, f"{self.path / 'front.json'}: entries[{i}]")
        return front

    @cached_property
    def devices(self) -> list[str]:
        """The names of several devices (front.json); none where there is one."""
        return list(self._object("front.json", ()).get("devices", {}))

    @cached_property
    def fronts(self) -> dict[str, Any]:
        """The front of each device as it stands in front.json; none where there is one front, be it of several."""
        return self._object("front.json", ()).get("fronts", {})

    def _front_seen(self) -> dict[str, Any]:
        """Return front.json as the device sees it."""
        front = self._object("front.json", ())
        if self.device not in (self.devices if self.device or self.fronts else [""]):
            known = ", ".join(self.devices) or "none"
            raise InputError(f"{self.path / 'front.json'}: no front of {self.device!r}; its devices are: {known}")
        if not self.device:
            return front
        own = {**front, **self.fronts.get(self.device, {}), "latency": front["devices"][self.device]}
        for name in ("entries", "published"):
            own[name] = [seen_from(self.device, one) for one in own[name]]
        free = own.get("search_free") or {"hypervolume": 0.0, "networks": []}
        own["search_free"] = {**free, "networks": [seen_from(self.device, one) for one in free["networks"]]}
        return {**own, "reference_point": seen_from(self.device, own["reference_point"])}

    @cached_property
    def published(self) -> list[dict[str, Any]]:
        """Published networks that are points of the space (front.json); the first runs did not write them."""
        points = self.front.get("published", [])
        for i, point in enumerate(points):
            self._check(point, _PUBLISHED_KEYS, f"{self.path / 'front.json'}: published[{i}]")
        return points

    @cached_property
    def held_out(self) -> list[Held]:
        """The profile's networks as predicted without them, in ms (front.json); none in the first runs."""
        rows = (self.front.get("latency") or {}).get("held_out") or []
        where = f"{self.path / 'front.json'}: latency.held_out"
        return [Held.from_dict(row, f"{where}[{i}]") for i, row in enumerate(rows)]

    @cached_property
    def ranking(self) -> dict[str, Any] | None:
        """The result of `nas rank-check` (ranking.json); None where it was not made."""
        if not (self.path / "ranking.json").exists():
            return None
        return self._object("ranking.json", _RANKING_KEYS)

    @cached_property
    def search_free(self) -> dict[str, Any]:
        """The nested subnets that need no search, and their hypervolume (front.json); the first runs have none."""
        free = self.front.get("search_free") or {"hypervolume": 0.0, "networks": []}
        where = f"{self.path / 'front.json'}: search_free"
        self._check(free, ("hypervolume", "networks"), where)
        for i, network in enumerate(free["networks"]):
            self._check(network, ("digest", *(o.name for o in self.objectives)), f"{where}.networks[{i}]")
        return free

    @cached_property
    def training(self) -> pd.DataFrame | None:
        """The curves of the supernet's training (training.parquet); None where the run trained none."""
        import pandas as pd

        path = self.path / "training.parquet"
        if not path.exists():
            return None
        try:
            table = pd.read_parquet(path)
        except (OSError, ValueError) as error:  # pyarrow's errors are of these kinds
            raise InputError(f"{path} can not be read: {error}. Remove it, and the report leaves it out.") from error
        if "step" not in table:
            raise InputError(f"{path}: missing column 'step'. Remove it, and the report leaves it out.")
        return table

    @cached_property
    def front_table(self) -> pd.DataFrame:
        """One row per network of the front: the figures of front.json and the architecture's columns."""
        import pandas as pd

        rows = []
        for i, entry in enumerate(self.front["entries"]):
            where = f"{self.path / 'front.json'}: entries[{i}]"
            figures = {key: value for key, value in entry.items() if key != "architecture"}
            rows.append({**figures, **_architecture_columns(entry["architecture"], where)})
        names = ["digest", "registry", *(objective.name for objective in self.objectives)]
        return pd.DataFrame(rows, columns=None if rows else list(dict.fromkeys(names)))

    def _row(self, record: dict[str, Any], line: int) -> dict[str, Any]:
        where = f"{self.path / 'evaluations.jsonl'}:{line}"
        plain = {key: record.get(key) for key in ("index", "digest", "origin", "status", "error", "seconds")}
        return {**plain, **record["metrics"], **_architecture_columns(record["architecture"], where)}

    def _object(self, name: str, keys: tuple[str, ...]) -> dict[str, Any]:
        path = self.path / name
        value = read_json(path)
        self._check(value, keys, str(path))
        if value.get("schema_version") != SCHEMA_VERSION:
            raise InputError(f"{path}: schema_version: this version of nas reads {SCHEMA_VERSION}, found "
                             f"{value.get('schema_version')!r}")  # fmt: skip
        return value

    @staticmethod
    def _check(value: Any, keys: tuple[str, ...], where: str) -> None:
        if not isinstance(value, dict):
            raise InputError(f"{where}: expected an object, found {type(value).__name__}")
        for key in keys:
            if key not in value:
                raise InputError(f"{where}: missing key {key!r}")


def read_records(path: Path | str) -> list[dict[str, Any]]:
    """Read evaluations.jsonl.

    A last line without its line end that is not a record was torn by a kill and is dropped. Raises InputError
    with file and line for any other line that is not a record.
    """
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    records = []
    for number, line in enumerate(lines, start=1):
        last = number == len(lines)
        if last and not line:
            break
        try:
            records.append(_record(line))
        except ValueError as error:
            if not last:
                raise InputError(f"{path}:{number}: not an evaluation: {error}") from error
    return records


def newest_run(root: Path | str) -> Path:
    """Return the run folder under ``root`` that finished last. Raises InputError when there is none."""
    fronts = sorted(Path(root).glob("*/front.json"), key=lambda path: path.stat().st_mtime)
    if not fronts:
        raise InputError(f"no finished run in {root}: make one with `nas search`")
    return fronts[-1].parent


def _record(line: bytes) -> dict[str, Any]:
    record = json.loads(line)
    if not isinstance(record, dict):
        raise ValueError(f"expected an object, found {type(record).__name__}")
    for key in _RECORD_KEYS:
        if key not in record:
            raise ValueError(f"missing key {key!r}")
    return record


def _architecture_columns(architecture: Any, where: str) -> dict[str, Any]:
    try:
        stages = architecture["stages"]
        mixers = Counter(block["mixer"]["op"] for stage in stages for block in stage["blocks"])
        columns: dict[str, Any] = {"depth": mixers.total()}
        for i, stage in enumerate(stages):
            columns |= {f"depth_{i}": len(stage["blocks"]), f"width_{i}": stage["width"]}
    except (KeyError, TypeError) as error:
        raise InputError(f"{where}: architecture: {type(error).__name__} {error}") from error
    counts = {f"mixer_{name}": count for name, count in sorted(mixers.items())}
    text = ", ".join(f"{count} × {name}" for name, count in mixers.most_common()) or "no blocks"
    return {**columns, **counts, "mixers": text, "architecture": json.dumps(architecture, sort_keys=True)}
