"""In-place distillation (US-Nets, arXiv:1903.05134; BigNAS, arXiv:2003.11142)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from supernet.training.objectives._objective import Objective


@dataclass(frozen=True)
class InPlace(Objective):
    """Cross-entropy with the outputs of the largest subnet on the same images.

    Over the share ``warmup`` of the steps the subnets pass from labels to the teacher: a young teacher says next to
    nothing, and pulling shared weights toward that doubles the time that the largest one's loss takes to fall.
    """

    teacher: ClassVar[Literal["none", "largest", "external"]] = "largest"
    warmup: Annotated[float, Field(ge=0, le=1)] = 0.3

    def loss(self, logits: Tensor, labels: Tensor, teacher: Tensor, done: float) -> Tensor:
        trust = 1.0 if self.warmup == 0 else min(1.0, done / self.warmup)
        return trust * self.taught(logits, teacher) + (1 - trust) * self.labels(logits, labels)

    def taught(self, logits: Tensor, teacher: Tensor) -> Tensor:
        """Return the loss (nats) of logits [N, classes] against those of the teacher."""
        return F.cross_entropy(logits, teacher.float().softmax(1))
