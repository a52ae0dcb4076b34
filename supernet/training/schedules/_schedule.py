"""What a schedule is: when the space opens, and how fast each subnet learns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from search_spaces import Architecture, SearchSpace
from supernet.training.samplers import Subnet

Price = Callable[[Architecture], float]


@dataclass(frozen=True)
class Schedule(ABC):
    """Opens the space over the training; its fields are its options. ``done`` is the share of it that lies behind."""

    @abstractmethod
    def opened(self, space: SearchSpace, done: float) -> SearchSpace | None:
        """Return the part of the space that is trained now; None while only the largest network is."""

    def factor(self, subnet: Subnet, space: SearchSpace, done: float, macs: Price) -> float:
        """Return the factor (above 0) of the learning rate for what this subnet contributes.

        ``space`` is the whole one; ``macs`` prices an architecture of it in MACs.
        """
        return 1.0
