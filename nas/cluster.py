"""Ray for the time of one job: started quietly on this machine, or a cluster that is joined."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nas.search.ray_environment  # noqa: F401  (first: Ray reads the environment when it is imported)  # isort: skip

import ray

from search_spaces.errors import InputError

_LONGEST_ROOT = 32


@contextmanager
def ray_cluster(workers: int, address: str | None) -> Iterator[Path]:
    """Start Ray here or join a cluster; yield a temporary folder for what is written beside."""
    started = not ray.is_initialized()
    storage = _temporary_folder()
    try:
        if started:
            _init(workers, address, storage)
        yield storage
    finally:
        if started:
            ray.shutdown()
        shutil.rmtree(storage, ignore_errors=True)


def _temporary_folder() -> Path:
    """Return a new folder; below it Ray puts sockets, whose paths the system limits to 107 characters."""
    root = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix="nas-", dir=root if len(root) <= _LONGEST_ROOT else "/tmp"))


def _init(workers: int, address: str | None, storage: Path) -> None:
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    if address is None:
        os.environ.setdefault("RAY_AUTH_MODE", "disabled")  # no token for processes of this machine alone
        # "local": one of its own, even where another cluster runs on this machine
        ray.init("local", num_cpus=workers, include_dashboard=False, _temp_dir=str(storage / "ray"), **quiet)
        return
    try:
        _knock(address)
        ray.init(address=address, **quiet)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"no Ray cluster answers at --ray-address {address}: {error}") from error


def _knock(address: str) -> None:
    """Raise OSError at once where nobody listens; Ray itself would try for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host, int(port)), timeout=5).close()
