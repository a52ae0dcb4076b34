"""In-place distillation by an adaptive alpha-divergence (AlphaNet, arXiv:2102.07954)."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Annotated

from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from search_spaces import InputError
from supernet.training.objectives.in_place import InPlace


@dataclass(frozen=True)
class AlphaDivergence(InPlace):
    """The alpha-divergence of the student's outputs q from the teacher's p, per image the larger of two.

    A negative ``low`` punishes a student that is surer than its teacher, ``high`` (1: ordinary distillation) one
    that is less sure. ``clip`` bounds (p / q)^alpha where it has no bound of its own: at an alpha outside 0 to 1.
    """

    low: float = -1.0
    high: float = 1.0
    clip: Annotated[float, Field(gt=0)] = 5.0

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise InputError(f"low must not exceed high, found {self.low} and {self.high}")

    def taught(self, logits: Tensor, teacher: Tensor) -> Tensor:
        low, low_gradient = divergence(logits, teacher, self.low, self.clip)
        high, high_gradient = divergence(logits, teacher, self.high, self.clip)
        value = low.maximum(high)
        gradient = low_gradient.where(low > high, high_gradient)
        return (gradient + (value - gradient).detach()).mean()


def divergence(logits: Tensor, teacher: Tensor, alpha: float, clip: float) -> tuple[Tensor, Tensor]:
    """Return the alpha-divergence [N] (nats, no gradient) and a term [N] that has its gradient.

    ``logits`` and ``teacher`` are [N, classes]. With r = p / q the gradient is that of -sum(q * rho * log q), q and
    rho held, rho = r^alpha / alpha, and log r at 0. q * r^alpha is formed in logarithms, so it is finite for every
    finite logit. For an alpha from 0 to 1 it is at most 1 and not clipped: a clip there takes the gradient from
    students that are surer than their teacher, and alpha = 1 would not be ordinary distillation.
    """
    log_q, log_p = F.log_softmax(logits, 1), F.log_softmax(teacher, 1)
    held = log_q.detach()
    q, ratio = held.exp(), log_p - held
    if alpha == 0:
        return -(q * ratio).sum(1), -(q * ratio * log_q).sum(1)
    power = alpha * ratio if 0 < alpha <= 1 else (alpha * ratio).clamp(max=log(clip))
    weight = (held + power).exp()
    value = weight * ratio if alpha == 1 else (weight - q) / (alpha * (alpha - 1))
    return value.sum(1), -(weight / alpha * log_q).sum(1)
