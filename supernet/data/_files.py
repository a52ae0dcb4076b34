"""Looking into a user's folder: what is there, and what to say when it is not."""

from __future__ import annotations

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


def read_bytes(path: Path) -> bytes:
    """Return the whole file; InputError with its path and the system's reason when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def _hidden(relative: Path) -> bool:
    return any(part.startswith(".") for part in relative.parts)
