"""The exceptions of user-facing failures; the command line turns them into exit codes 2 and 1."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """A user's input was wrong. The message says what, where, and what would be right."""


class WorkError(RuntimeError):
    """The work could not be done though the input was legal. The message says what, where, and what to do."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the closest known name, else the list of known names."""
    known = sorted(known)
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f" (did you mean {close[0]!r}?)"
    return f" (known: {', '.join(known)})" if known else ""
