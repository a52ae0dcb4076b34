"""What an objective is: what a subnet learns from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Objective(ABC):
    """The loss of a subnet; its fields are its options.

    ``teacher`` says whose logits it wants: nobody's, those of the largest subnet of the same step (which itself
    learns from labels), or those of a network that is not trained here.
    """

    teacher: ClassVar[Literal["none", "largest", "external"]] = "none"
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.1

    def labels(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the cross-entropy (nats) of logits [N, classes] with smoothed labels [N]."""
        return F.cross_entropy(logits, labels, label_smoothing=self.label_smoothing)

    @abstractmethod
    def loss(self, logits: Tensor, labels: Tensor, teacher: Tensor, done: float) -> Tensor:
        """Return the loss (nats) of a subnet that has a teacher.

        ``logits`` and ``teacher`` (without gradient) are [N, classes], ``labels`` [N]; ``done`` is the share of the
        training that lies behind.
        """
