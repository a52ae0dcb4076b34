"""Weights under other names."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor


def moved(state: Mapping[str, Tensor], prefixes: Mapping[str, str]) -> dict[str, Tensor]:
    """Return the tensors below each prefix of ``state`` (the values) under our prefix (the keys).

    Raises KeyError for a prefix that has none.
    """
    found: dict[str, Tensor] = {}
    for ours, theirs in prefixes.items():
        below = [name for name in state if name.startswith(f"{theirs}.")]
        if not below:
            raise KeyError(f"{theirs}.*")
        found |= {ours + name.removeprefix(theirs): state[name] for name in below}
    return found
