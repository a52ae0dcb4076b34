"""The profile of a device: what was measured under one key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from predictors.device import DeviceKey
from predictors.records import BlockRecord, Record
from search_spaces import InputError
from search_spaces.files import read_json, write_json_atomic
from supernet.depthwise import DepthwiseTable

SCHEMA_VERSION = 2
_READ = (1, SCHEMA_VERSION)  # the first had networks alone

T = TypeVar("T")


@dataclass(frozen=True)
class DeviceProfile:
    """What was measured on one device under one key.

    ``records`` are networks, ``again`` some of them measured a second time, ``blocks`` single parts of networks.
    ``sources`` are profiles of other devices, each under its own key, from which the predictor of this one learns.
    ``depthwise`` says which forms of depthwise convolution train quickest on the device.
    """

    key: DeviceKey
    records: tuple[Record, ...]
    again: tuple[Record, ...] = ()
    blocks: tuple[BlockRecord, ...] = ()
    sources: tuple[DeviceProfile, ...] = ()
    depthwise: DepthwiseTable | None = None

    def save(self, path: Path | str) -> None:
        """Write the profile as JSON, atomically."""
        write_json_atomic(path, self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        lists = {"records": self.records, "again": self.again, "blocks": self.blocks, "sources": self.sources}
        written = {name: [one.to_dict() for one in listed] for name, listed in lists.items()}
        table = {} if self.depthwise is None else {"depthwise": self.depthwise.to_dict()}
        return {"schema_version": SCHEMA_VERSION, "key": self.key.to_dict(), **written, **table}

    @classmethod
    def load(cls, path: Path | str) -> DeviceProfile:
        """Read a profile. Raises InputError naming the file and what is wrong in it."""
        return cls.from_dict(read_json(path), str(path))

    @classmethod
    def from_dict(cls, value: Any, where: str) -> DeviceProfile:
        """Read the JSON form. Raises InputError starting with ``where``."""
        if not isinstance(value, dict) or value.get("schema_version") not in _READ:
            raise InputError(f"{where}: not a device profile of schema_version {SCHEMA_VERSION}")
        value = {"again": [], "blocks": [], "sources": [], **value}
        return cls(
            DeviceKey.from_dict(value.get("key"), where),
            _read_list(value, "records", Record.from_dict, where),
            _read_list(value, "again", Record.from_dict, where),
            _read_list(value, "blocks", BlockRecord.from_dict, where),
            _read_list(value, "sources", cls.from_dict, where),
            DepthwiseTable.from_dict(value["depthwise"], f"{where}: depthwise") if "depthwise" in value else None,
        )

    def merged(self, other: DeviceProfile, where: str) -> DeviceProfile:
        """Return both; of what both have, this one's record counts. The other's of a network is it measured again.

        Raises InputError starting with ``where`` when the keys differ.
        """
        self.key.check_same(other.key, where)
        known = {record.architecture for record in self.records}
        new = tuple(record for record in other.records if record.architecture not in known)
        twice = tuple(record for record in other.records if record.architecture in known)
        parts = {record.part for record in self.blocks}
        blocks = self.blocks + tuple(record for record in other.blocks if record.part not in parts)
        devices = {source.key for source in self.sources}
        sources = self.sources + tuple(source for source in other.sources if source.key not in devices)
        again, depthwise = self.again + twice + other.again, self.depthwise or other.depthwise
        return DeviceProfile(self.key, self.records + new, again, blocks, sources, depthwise)


def _read_list(value: dict[str, Any], name: str, read: Callable[[Any, str], T], where: str) -> tuple[T, ...]:
    if not isinstance(value.get(name), list):
        raise InputError(f"{where}: {name}: expected a list")
    return tuple(read(one, f"{where}: {name}[{i}]") for i, one in enumerate(value[name]))
