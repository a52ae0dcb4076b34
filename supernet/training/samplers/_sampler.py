"""What a sampler is: it draws the subnets of a training step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from search_spaces import Architecture, SearchSpace

Role = Literal["largest", "smallest", "random"]


@dataclass(frozen=True)
class Subnet:
    """One subnet of a training step, and what it is there for."""

    architecture: Architecture
    role: Role = "random"


@dataclass(frozen=True)
class Step:
    """What a sampler may look at.

    ``space`` is what the schedule has opened; ``rng`` follows from (seed, step) alone; ``macs`` prices an
    architecture in MACs; ``loss`` is its loss on the images of this step in nats, without gradients; ``memory`` is the
    sampler's own, plain JSON, and part of every checkpoint.
    """

    index: int
    steps: int
    space: SearchSpace
    rng: np.random.Generator
    macs: Callable[[Architecture], float]
    loss: Callable[[Architecture], float]
    memory: dict[str, Any] = field(default_factory=dict)

    @property
    def done(self) -> float:
        """The share of the training that lies behind, 0 to 1."""
        return self.index / max(1, self.steps)


@dataclass(frozen=True)
class Sampler(ABC):
    """Draws the subnets that one step trains; its fields are its options.

    ``has_largest`` says whether the first subnet is the largest network, which in-place distillation needs.
    ``together``: the subnets run in one pass, each on its own equal part of the images.
    """

    has_largest: ClassVar[bool] = False
    together: ClassVar[bool] = False

    @abstractmethod
    def draw(self, step: Step) -> list[Subnet]:
        """Return the subnets of a step, at least one; the largest, where there is one, first."""

    def observe(self, step: Step, subnets: Sequence[Subnet], losses: Sequence[float]) -> None:  # noqa: B027
        """Learn from the losses (nats) that the drawn subnets had; most samplers do not."""
