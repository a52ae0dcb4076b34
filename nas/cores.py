"""How many cores are idle now: what a command uses unless it is told."""

from __future__ import annotations

import os
import time
from pathlib import Path

_STAT = Path("/proc/stat")
_WATCH_SECONDS = 0.3


def usable_cores() -> int:
    """Return the cores that this process may run on."""
    return len(_usable())


def _usable() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))


def idle_cores() -> int:
    """Return the cores that nobody else is using now, at least 1.

    Beside a busy neighbour a second OpenMP thread makes a training step slower, not faster. The load average
    would tell of the last minute, this command's own start included, so the cores are watched for a moment.
    """
    usable = _usable()
    if not _STAT.is_file():
        busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
        return max(1, min(len(usable), round(len(usable) - busy)))
    before = _busy_and_all(usable)
    time.sleep(_WATCH_SECONDS)
    after = _busy_and_all(usable)
    ticks = max(1, after[1] - before[1])
    return max(1, round(len(usable) * (1 - (after[0] - before[0]) / ticks)))


def _busy_and_all(usable: set[int]) -> tuple[int, int]:
    """Return the ticks (1/100 s) that these cores have worked, and all that have passed."""
    busy = everything = 0
    for line in _STAT.read_text().splitlines():
        name, _, rest = line.partition(" ")
        if name.startswith("cpu") and name[3:].isdigit() and int(name[3:]) in usable:
            ticks = [int(field) for field in rest.split()[:8]]  # user nice system idle iowait irq softirq steal
            everything += sum(ticks)
            busy += sum(ticks) - ticks[3] - ticks[4]
    return busy, everything
