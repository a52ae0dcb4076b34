"""Under what a latency was measured."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from search_spaces import InputError


@dataclass(frozen=True)
class DeviceKey:
    """Device, library and form of execution of a measurement; records under different keys are never mixed."""

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

    @property
    def label(self) -> str:
        """All of it in words, different for different keys."""
        counts = f"batch {self.batch}, {self.threads} thread{'s' * (self.threads > 1)}"
        texts = (self.device, f"{self.backend} {self.mode}", self.dtype, self.layout, counts, self.versions)
        return ", ".join(text for text in texts if text)

    @classmethod
    def from_dict(cls, value: Any, where: str) -> DeviceKey:
        """Read the JSON form. Raises InputError starting with ``where``."""
        try:
            key = cls(**value)
        except TypeError as error:
            raise InputError(f"{where}: key: not a device key: {error}") from error
        for field in fields(cls):
            found, kind = getattr(key, field.name), {"int": int, "str": str}[str(field.type)]
            if type(found) is not kind:
                raise InputError(f"{where}: key: {field.name}: expected {kind.__name__}, found {found!r}")
        return key

    def check_same(self, other: DeviceKey, where: str) -> None:
        """Raise InputError, both keys shown, when ``other`` differs in anything."""
        unlike = [field.name for field in fields(self) if getattr(self, field.name) != getattr(other, field.name)]
        if unlike:
            both = "; ".join(f"{name} {getattr(other, name)!r}, wanted {getattr(self, name)!r}" for name in unlike)
            raise InputError(f"{where}: measured under another key: {both}")


def cpu_name() -> str:
    """Return the processor's model name."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
