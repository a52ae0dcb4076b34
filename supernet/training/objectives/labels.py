"""Labels alone."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from supernet.training.objectives._objective import Objective


@dataclass(frozen=True)
class Labels(Objective):
    """Cross-entropy with (smoothed) labels for every subnet."""

    def loss(self, logits: Tensor, labels: Tensor, teacher: Tensor, done: float) -> Tensor:
        return self.labels(logits, labels)
