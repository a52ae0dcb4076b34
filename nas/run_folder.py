"""The folder of one run: where each file lies, who may write to it, and what may be resumed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from search_spaces.errors import InputError
from search_spaces.files import read_json, write_json_atomic

SCHEMA_VERSION = 1
# What becomes known during the run.
_LATER = frozenset({"reference_point", "ranges"})
# What may differ between a run and its continuation: how it is driven, not what it computes.
_FREE = frozenset({"threads", "workers", "train_workers", "versions", "command"})


class RunFolder:
    """Paths of one run under ``root/name``."""

    def __init__(self, root: Path | str, name: str):
        if not name or "/" in name or name.startswith("."):
            raise InputError(f"--name must be a plain name without '/', found {name!r}")
        self.name = name
        self.path = Path(root) / name

    @property
    def config(self) -> Path:
        return self.path / "config.json"

    @property
    def space(self) -> Path:
        return self.path / "space.yaml"

    @property
    def supernet(self) -> Path:
        return self.path / "supernet.safetensors"

    @property
    def records(self) -> Path:
        return self.path / "profile.records.jsonl"

    def profile(self, device: str = "") -> Path:
        """Return the file of a device's profile; "" is the only device."""
        return self.path / (f"profile@{device}.json" if device else "profile.json")

    @property
    def journal(self) -> Path:
        return self.path / "evaluations.jsonl"

    @property
    def nested(self) -> Path:
        return self.path / "nested.jsonl"

    @property
    def front(self) -> Path:
        return self.path / "front.json"

    @property
    def ranking(self) -> Path:
        return self.path / "ranking.json"

    def prepare(self, config: dict[str, Any], resume: bool) -> dict[str, Any]:
        """Create the folder with its configuration, or check that an existing one is continued.

        Raises InputError when the folder exists without ``resume``, or holds another configuration.
        """
        config = {"name": self.name, **config}
        if not self.config.exists():
            self._create(config)
            return config
        if not resume:
            hint = "continue it with --resume, or choose another --name"
            raise InputError(f"the run {self.path} exists already: {hint}")
        before = read_json(self.config)
        for key in sorted({*before, *config} - _FREE - _LATER):
            if _comparable(before.get(key)) != _comparable(config.get(key)):
                raise InputError(
                    f"{self.config}: cannot resume, {key} was {before.get(key)!r} and is now "
                    f"{config.get(key)!r}. Give the same options, or choose another --name."
                )
        return before

    def _create(self, config: dict[str, Any]) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot create {self.path}: {error.strerror}. Choose another --out.") from error
        write_json_atomic(self.config, config)

    def update(self, **values: Any) -> None:
        """Add values to the configuration that became known during the run."""
        write_json_atomic(self.config, {**read_json(self.config), **values})

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from writing to this run. Raises InputError when one does."""
        descriptor = os.open(self.path / ".lock", os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise InputError(f"another process is working on {self.path}: wait for it, or stop it") from None
        try:
            yield
        finally:
            os.close(descriptor)


def _comparable(value: Any) -> Any:
    """Tuples and lists are one after a journey through JSON."""
    if isinstance(value, dict):
        return {k: _comparable(v) for k, v in value.items()}
    return [_comparable(v) for v in value] if isinstance(value, (list, tuple)) else value


def next_name(root: Path | str, stem: str, resume: bool) -> str:
    """Return ``stem`` or ``stem-2``, ``stem-3`` ...: the newest that exists to resume, else the next free."""
    taken = 0
    while (Path(root) / _numbered(stem, taken + 1) / "config.json").exists():
        taken += 1
    if resume:
        if taken == 0:
            raise InputError(f"nothing to resume: no run {stem} under {root}. Give its --name and --out.")
        return _numbered(stem, taken)
    return _numbered(stem, taken + 1)


def _numbered(stem: str, number: int) -> str:
    return stem if number == 1 else f"{stem}-{number}"
