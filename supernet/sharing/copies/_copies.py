"""What decides which copy of the weights a subnet uses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from torch import nn

from search_spaces import Architecture, SearchSpace


class Router(nn.Module):
    """Which of ``count`` copies of the weights a subnet uses; here the only one.

    What it learns is in buffers, so that a checkpoint holds it. A training calls `begin` before and `end` after each
    step, and `observe` for every subnet of the step.
    """

    count = 1

    def copy_of(self, architecture: Architecture) -> int:
        """Return the number of the copy, 0 to ``count`` - 1."""
        return 0

    def begin(self, rng: np.random.Generator, done: float) -> bool:
        """Prepare for a training step after the share ``done`` of the training.

        Returns whether the copies part here: all of them then start as the first one.
        """
        return False

    def observe(self, architecture: Architecture, accuracy: float) -> None:
        """Learn from the accuracy (0 to 1) of a subnet on the images of a step."""

    def end(self) -> None:
        """Finish a training step: from here on, subnets use the copy with which they are evaluated."""


@dataclass(frozen=True)
class Copies(ABC):
    """How many copies of the weights there are and what belongs to which; its fields are its options."""

    @abstractmethod
    def router(self, space: SearchSpace) -> Router:
        """Return what decides for the networks of a space. Raises InputError when the options do not fit the space."""
