"""What else the machine did while something was measured."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_STAT = Path("/proc/stat")
BUSY = 0.25  # cores: others that use more than this disturb a measurement


@dataclass
class Load:
    """Load averages of the last minute before and after, and the cores in use meanwhile: our process, all others.

    ``others`` is None where the system does not count it (no /proc/stat). Children that are still running count as
    others.
    """

    before: float = 0.0
    after: float = 0.0
    own: float = 0.0
    others: float | None = None

    @property
    def busy(self) -> bool:
        """Whether others used more than a quarter of a core."""
        return self.others is not None and self.others > BUSY

    def columns(self) -> dict[str, float | None]:
        """Return the columns of a row."""
        others = None if self.others is None else round(self.others, 2)
        return {"load_before": self.before, "load_after": self.after, "own_cores": round(self.own, 2),
                "other_cores": others}  # fmt: skip


@contextmanager
def watch() -> Iterator[Load]:
    """Fill in the `Load` of what happens inside the ``with``."""
    load = Load(before=_average())
    started, own, busy = time.perf_counter(), _own_seconds(), _busy_seconds()
    try:
        yield load
    finally:
        seconds = max(time.perf_counter() - started, 1e-9)
        used = _own_seconds() - own
        load.after, load.own = _average(), used / seconds
        now = _busy_seconds()
        if busy is not None and now is not None:
            load.others = max(0.0, (now - busy - used) / seconds)


def _average() -> float:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0


def _own_seconds() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _busy_seconds() -> float | None:
    """Return the CPU seconds that all processes of the machine have used, None where it does not say."""
    if not _STAT.is_file():
        return None
    user, nice, system, _, _, irq, soft = (int(field) for field in _STAT.read_text().split("\n", 1)[0].split()[1:8])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")
