"""What every elastic primitive is."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import nn

Pair = tuple[int, int]


class Elastic(nn.Module, ABC):
    """A module with a full weight and an active slice of it."""

    @abstractmethod
    def frozen(self) -> nn.Module:
        """Return the plain module with its own contiguous copy of the active weights."""
