"""Distillation from a trained network outside the supernet (Hinton et al., arXiv:1503.02531; OFA, arXiv:1908.09791)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from supernet.training.objectives._objective import Objective


@dataclass(frozen=True)
class ExternalTeacher(Objective):
    """Cross-entropy with the teacher's outputs and with labels, the teacher's at ``share`` of the whole.

    OFA adds the two, which is a share of a half. The largest subnet learns so as well.
    """

    teacher: ClassVar[Literal["none", "largest", "external"]] = "external"
    share: Annotated[float, Field(gt=0, le=1)] = 0.5

    def loss(self, logits: Tensor, labels: Tensor, teacher: Tensor, done: float) -> Tensor:
        taught = F.cross_entropy(logits, teacher.float().softmax(1))
        return self.share * taught + (1 - self.share) * self.labels(logits, labels)
