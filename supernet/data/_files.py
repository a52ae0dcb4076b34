"""Looking into a user's folder: what is there, and what to say when it is not."""

from __future__ import annotations

import re
from pathlib import Path

from search_spaces.errors import InputError

# The names under which people keep a split, as a folder or as the first word of a file.
ROLES = {"train": "train", "test": "test", **dict.fromkeys(("validation", "valid", "val"), "validation")}


def existing_folder(path: Path, expected: str) -> Path:
    """Return ``path``; InputError saying what was ``expected`` in it when it is no readable folder."""
    try:
        next(path.iterdir(), None)
    except OSError as error:
        raise InputError(f"data folder {path}: {error.strerror}; expected {expected}") from error
    return path


def subfolders(folder: Path) -> list[Path]:
    """Return the visible folders directly in ``folder``, sorted by name."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def files_below(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    """Return the visible files with one of ``suffixes`` anywhere below ``folder``, sorted by path."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in suffixes and path.is_file())
    return sorted(path for path in found if not _hidden(path.relative_to(folder)))


def files_by_split(folder: Path, suffix: str, expected: str) -> dict[str, list[Path]]:
    """Return the files with ``suffix`` below ``folder`` by split, told from their names or folders.

    All are ``train`` where no name tells a split. Raises InputError for no file, no training file, and a file
    without a split beside others with one.
    """
    paths = files_below(existing_folder(folder, expected), frozenset({suffix}))
    if not paths:
        raise InputError(f"{folder}: no data found; expected {expected}")
    by_role: dict[str | None, list[Path]] = {}
    for path in paths:
        by_role.setdefault(_role(path, folder), []).append(path)
    unnamed = by_role.pop(None, [])
    if not by_role:
        return {"train": unnamed}
    if unnamed:
        raise InputError(f"{unnamed[0]}: cannot tell its split; other files are called train* or test*")
    if "train" not in by_role:
        raise InputError(f"{folder}: no training files; found {', '.join(path.name for path in paths[:5])}")
    return {role: by_role[role] for role in ("train", "validation", "test") if role in by_role}


def _role(path: Path, folder: Path) -> str | None:
    first_word = re.split(r"[-_.]", path.name)[0]
    return ROLES.get(first_word) or (ROLES.get(path.parent.name) if path.parent != folder else None)


def read_bytes(path: Path) -> bytes:
    """Return the whole file; InputError with its path and the system's reason when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def _hidden(relative: Path) -> bool:
    return any(part.startswith(".") for part in relative.parts)
