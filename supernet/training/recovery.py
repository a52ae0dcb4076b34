"""What a training does about steps whose loss or gradient is not finite: skip, slow down, go back, give up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, isfinite

import torch
from torch import Tensor, nn

SKIPS = 3  # skipped steps in a row that send a training back to its last checkpoint
ROLLBACKS = 3  # returns without a new checkpoint between them, after which a training gives up
GROWTH_STEPS = 200  # good steps in a row that double a halved learning-rate scale


class NotFinite(FloatingPointError):
    """A loss or a gradient is NaN or infinite. The weights are as they were before the step."""


@dataclass
class Pace:
    """The learning-rate scale: a factor of the schedule's learning rate, part of every checkpoint.

    It is 1 at the start, is halved by each step that is not finite, and doubles up to 1 after ``GROWTH_STEPS``
    good steps in a row, as the loss scale of mixed precision does (arXiv:1710.03740).
    """

    scale: float = 1.0
    good: int = 0  # steps in a row, since the scale was changed
    bad: int = 0  # steps in a row

    def step(self) -> None:
        """Count a good step."""
        self.good, self.bad = self.good + 1, 0
        if self.good == GROWTH_STEPS:
            self.scale, self.good = min(1.0, 2 * self.scale), 0

    def skip(self) -> None:
        """Count a step that was not finite."""
        self.scale, self.good, self.bad = self.scale / 2, 0, self.bad + 1


class Buffers:
    """The buffers of a module (statistics of its norms), kept for the time of one step.

    A forward pass changes them before its loss is known.
    """

    def __init__(self, module: nn.Module):
        self.buffers = list(module.buffers())
        self.kept = [buffer.clone() for buffer in self.buffers]

    def keep(self) -> None:
        """Remember the values of now."""
        if self.buffers:
            torch._foreach_copy_(self.kept, self.buffers)  # pyright: ignore

    def restore(self) -> None:
        """Return to the values that were kept."""
        if self.buffers:
            torch._foreach_copy_(self.buffers, self.kept)  # pyright: ignore


def check_finite(roles: Sequence[str], losses: Sequence[float], parameters: Iterable[Tensor]) -> None:
    """Raise NotFinite naming the role of the loss (nats), or the gradient, that is NaN or infinite."""
    for role, loss in zip(roles, losses, strict=True):
        if not isfinite(loss):
            raise NotFinite(f"the loss of the {role} subnet is {loss}")
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if isfinite(torch.nn.utils.get_total_norm(gradients).item()):
        return  # three times as quick as the largest, but the squares of finite gradients can overflow
    if not isfinite(largest := torch.nn.utils.get_total_norm(gradients, inf).item()):
        raise NotFinite(f"a gradient is {largest}")
