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
        below = {
            name.removeprefix(f"{theirs}."): tensor for name, tensor in state.items() if name.startswith(f"{theirs}.")
        }
        if not below:
            raise KeyError(f"{theirs}.*")
        found |= {f"{ours}.{name}": tensor for name, tensor in below.items()}
    return found
