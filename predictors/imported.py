"""Tables of latencies that were measured elsewhere become profiles: CSV of networks, and OFA's YAML of blocks."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from predictors.device import DeviceKey
from predictors.latency import check_size
from predictors.ofa_table import read_blocks
from predictors.profile import DeviceProfile
from predictors.records import Record
from predictors.timer import Measurement
from search_spaces import Architecture, InputError, SearchSpace, read_architecture
from search_spaces.files import read_text

COLUMNS = ("architecture", "digest", "ms")
_YAML = (".yaml", ".yml")


def import_table(
    path: Path | str, space: SearchSpace, key: DeviceKey, known: Mapping[str, Architecture]
) -> DeviceProfile:
    """Read a table of milliseconds, .csv or .yaml, as what was measured under ``key``.

    A row of a CSV is a network: a column ``ms``, and a column ``architecture`` (JSON) or ``digest`` (of one of
    ``known``); a network that comes again was measured again. A table has one figure for each: percentiles equal it.
    Raises InputError naming file and line.
    """
    path = Path(path)
    if path.suffix.lower() in _YAML:
        return DeviceProfile(key, (), blocks=tuple(read_blocks(path, space)))
    if path.suffix.lower() != ".csv":
        raise InputError(f"{path}: expected a .csv file of networks or a .yaml file of blocks (OFA)")
    first: dict[Architecture, Record] = {}
    again = []
    for record in _networks(path, space, known):
        if first.setdefault(record.architecture, record) is not record:
            again.append(record)
    return DeviceProfile(key, tuple(first.values()), tuple(again))


def known_architectures(folder: Path | str) -> dict[str, Architecture]:
    """Return the architecture files under a folder, by digest. Raises InputError for a folder that is not there."""
    if not Path(folder).is_dir():
        raise InputError(f"{folder}: expected a folder of architecture files")
    found = {}
    for path in sorted(Path(folder).rglob("*.json")):
        value = _json(read_text(path))
        if isinstance(value, dict) and "stages" in value:
            architecture = read_architecture(path)
            found[architecture.digest] = architecture
    return found


def _networks(path: Path, space: SearchSpace, known: Mapping[str, Architecture]) -> list[Record]:
    rows = csv.DictReader(StringIO(read_text(path)), strict=True)
    names = set(rows.fieldnames or ())
    if "ms" not in names or not names & {"architecture", "digest"}:
        raise InputError(f"{path}:1: expected the columns ms and architecture or digest, found {sorted(names)}")
    records = []
    try:
        for row in rows:
            where = f"{path}:{rows.line_num}"
            architecture = _architecture(row, known, where)
            check_size(space, architecture, where)
            records.append(Record(architecture, _single(row["ms"], where)))
    except csv.Error as error:
        raise InputError(f"{path}:{rows.line_num}: not a row of CSV: {error}") from error
    if not records:
        raise InputError(f"{path}:1: no network follows the names of the columns")
    return records


def _architecture(row: Mapping[str, str | None], known: Mapping[str, Architecture], where: str) -> Architecture:
    text, digest = row.get("architecture"), row.get("digest")
    if text:
        value = _json(text)
        if not isinstance(value, dict):
            raise InputError(f"{where}: architecture: expected the JSON of an architecture, found {text[:40]!r}")
        return Architecture.from_dict(value, where)
    if not digest:
        raise InputError(f"{where}: neither an architecture nor a digest")
    found = [architecture for name, architecture in known.items() if name.startswith(digest) and len(digest) >= 8]
    if len(found) != 1:
        raise InputError(
            f"{where}: digest {digest!r} is that of {len(found)} known networks, not of one; --architectures names the "
            "folder of their files"
        )
    return found[0]


def _single(figure: str | None, where: str) -> Measurement:
    """Return the measurement of one figure. Raises InputError at ``where`` unless it is a positive number."""
    try:
        ms = float(figure or "")
    except ValueError:
        ms = math.nan
    if not (math.isfinite(ms) and ms > 0):
        raise InputError(f"{where}: expected milliseconds, a positive number, found {figure!r}")
    return Measurement(ms, ms, 0.0, 0.0)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
