"""Reading and writing of small files: atomic writes, errors that name the path."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from search_spaces.errors import InputError


def write_atomic(path: Path | str, write: Callable[[BinaryIO], Any], keep: Path | None = None) -> None:
    """Let ``write`` fill a temporary file beside ``path``, then rename it: the file is whole or absent.

    With ``keep`` the file that stood at ``path`` moves there, once the new one is whole. Raises InputError with the
    path and the system's reason when the disk is full or the folder unwritable.
    """
    path = Path(path)
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        if keep is not None and path.exists():
            os.replace(path, keep)
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}. Free space or choose another "
                         "folder.") from error  # fmt: skip
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)


def write_text_atomic(path: Path | str, text: str) -> None:
    """Write ``text`` as UTF-8, whole or not at all. Raises InputError as `write_atomic` does."""
    write_atomic(path, lambda file: file.write(text.encode()))


def write_json_atomic(path: Path | str, value: Any) -> None:
    """Write ``value`` as indented JSON, whole or not at all. Raises InputError as `write_atomic` does."""
    write_text_atomic(path, json.dumps(value, indent=2) + "\n")


def read_text(path: Path | str) -> str:
    """Return the text of a file; InputError with the path when it is missing, unreadable or not UTF-8."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"cannot read {path}: not a UTF-8 text file (byte {error.start})") from error


def read_json(path: Path | str) -> Any:
    """Return the JSON value of a file; InputError with path, line and column when it is not JSON."""
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}:{error.colno}: not valid JSON: {error.msg}") from error


_MEND = ". Delete the line: what it held is made again."


def read_json_lines(path: Path | str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield where each line of a file of JSON objects stands ("path:number") and its value.

    A last line torn by a kill is cut off. Raises InputError naming the line of any other damage.
    """
    content = Path(path).read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        os.truncate(path, len(whole))
    for number, line in enumerate(whole.splitlines(), start=1):
        where = f"{path}:{number}"
        try:
            value = json.loads(line)
        except ValueError as error:
            raise InputError(f"{where}: damaged line: {error}{_MEND}") from error
        if not isinstance(value, dict):
            raise InputError(f"{where}: damaged line: expected an object, found {type(value).__name__}{_MEND}")
        yield where, value
