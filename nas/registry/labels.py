"""What may move while entries stay as they are: a name's aliases, and the tags of its versions."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from search_spaces.errors import InputError
from search_spaces.files import read_json, write_json_atomic

ALIASES, TAGS = "aliases.json", "tags.json"


def read_labels(path: Path) -> dict[str, Any]:
    """Return the labels of a name, none where there is no such file. Raises InputError when it is damaged."""
    value = read_json(path) if path.exists() else {}
    if not isinstance(value, dict):
        raise InputError(f"{path}: expected an object, found {type(value).__name__}")
    return value


@contextmanager
def changing(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the labels and write them back; other processes wait, so that no change is lost."""
    with _lock(path.with_name(f".{path.name}.lock")):
        labels = read_labels(path)
        yield labels
        write_json_atomic(path, labels)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    except OSError as error:
        raise InputError(f"cannot write {path.parent}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
