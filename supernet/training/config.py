"""What a supernet training is configured by, and what it reports while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from search_spaces import InputError


@dataclass(frozen=True)
class TrainConfig:
    """One supernet training. Equal configurations on equal data give equal weights."""

    epochs: int = 30
    batch_size: int = 64
    learning_rate: float = 3e-3  # peak of the schedule, AdamW
    warmup: float = 0.1  # share of the steps with a rising learning rate
    weight_decay: float = 0.05  # matrices and kernels only
    random_subnets: int = 2  # of the sandwich, besides the largest and the smallest
    label_smoothing: float = 0.1  # of the labels
    # Share of the steps over which the smaller subnets pass from labels to the largest one's outputs. A young
    # teacher says next to nothing, and pulling shared weights toward that doubles the largest one's loss time.
    distillation_warmup: float = 0.3
    clip: float = 1.0  # gradient clipping by value
    padding: int = 2  # pixels of random shift
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, found {getattr(self, name)}")
        if not 0 < self.learning_rate < 1:
            raise InputError(f"learning_rate must lie between 0 and 1, found {self.learning_rate}")

    def steps_per_epoch(self, images: int) -> int:
        """Return how many full batches an epoch has (at least one)."""
        return max(1, images // self.batch_size)


@dataclass(frozen=True)
class TrainProgress:
    """Where a training stands after a step; ``loss`` is the label loss of the largest subnet, in nats."""

    step: int
    steps: int
    loss: float
    images_per_second: float
