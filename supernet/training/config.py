"""What a supernet training is configured by, and what it reports while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from search_spaces import InputError
from supernet.training.method import Method


@dataclass(frozen=True)
class TrainConfig:
    """One supernet training. Equal configurations on equal data give equal weights."""

    method: Method = field(default_factory=Method)
    epochs: int = 30
    batch_size: int = 64
    learning_rate: float = 3e-3  # peak of the schedule, AdamW
    warmup: float = 0.1  # share of the steps with a rising learning rate
    weight_decay: float = 0.05  # matrices and kernels only
    clip: float = 1.0  # gradient clipping by value
    padding: int = 2  # pixels of random shift
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, found {getattr(self, name)}")
        if self.method.options.accumulation > self.batch_size:
            parts = self.method.options.accumulation
            raise InputError(f"accumulation {parts} splits batches of {self.batch_size} images into more parts")
        if not 0 < self.learning_rate < 1:
            raise InputError(f"learning_rate must lie between 0 and 1, found {self.learning_rate}")

    def steps_per_epoch(self, images: int) -> int:
        """Return how many full batches an epoch has (at least one)."""
        return max(1, images // self.batch_size)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, in which a checkpoint and a run folder record it."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**plain, "method": self.method.to_dict()}


@dataclass(frozen=True)
class TrainProgress:
    """Where a training stands after a step.

    ``losses`` are the step's in nats by the subnets' roles, in the order of the step: the mean of those of one role.
    """

    step: int
    steps: int
    losses: dict[str, float]
    learning_rate: float
    images_per_second: float

    @property
    def loss(self) -> float:
        """The loss of the step's first role; of the largest subnet where the step trains it."""
        return next(iter(self.losses.values()))
