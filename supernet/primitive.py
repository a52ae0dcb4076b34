"""What every elastic primitive is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor, nn

Pair = tuple[int, int]
_PLAIN = frozenset({bool, int, float, str, tuple})


class Configured(nn.Module):
    """A module whose choices are plain attributes, which are quick to set.

    `nn.Module` compares every attribute that is set with its parameters, buffers and modules: 2 to 5 microseconds, and
    an activation sets hundreds.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if type(value) in _PLAIN:
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)


class Elastic(Configured, ABC):
    """A module with a full weight and an active slice of it."""

    @abstractmethod
    def frozen(self) -> nn.Module:
        """Return the plain module with its own contiguous copy of the active weights."""


def prefix(full: Tensor, *sizes: int) -> Tensor:
    """Return ``full[: sizes[0], : sizes[1], ...]`` as one view; the tensor itself where that is all of it.

    Slices one after the other would each fill a gradient of the full size with zeros in the backward pass.
    """
    if full.shape[: len(sizes)] == sizes:
        return full
    return full.as_strided((*sizes, *full.shape[len(sizes) :]), full.stride(), full.storage_offset())
