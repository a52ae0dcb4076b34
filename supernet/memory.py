"""Memory that a process has freed and will soon want again, and how much of it the machine has left."""

from __future__ import annotations

import contextlib
import ctypes
from pathlib import Path

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # names of mallopt's parameters in malloc.h
_NEVER = 2**31 - 1
_UNKNOWN = 2**30  # where the system does not say


def keep_freed_memory() -> None:
    """Let this process keep the memory that it frees, where the C library is glibc; elsewhere nothing happens.

    Otherwise each tensor above 32 MiB is given back to the system, which fills it with zeros page by page when the next
    one is made: of the 76 ms of a 7 x 7 depthwise convolution (64 x 96 x 56 x 56) 49 ms.
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL("libc.so.6").mallopt
        mallopt(_MMAP_THRESHOLD, _NEVER)
        mallopt(_TRIM_THRESHOLD, _NEVER)


def available_bytes() -> int:
    """Return how many bytes new work may take without swapping; 1 GiB where the system does not say (no /proc)."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return _UNKNOWN
    fields = dict(line.split(":") for line in lines)
    return 1024 * int(fields["MemAvailable"].split()[0]) if "MemAvailable" in fields else _UNKNOWN
