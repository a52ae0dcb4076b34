"""The contract of a form of depthwise convolution."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

Pass = Literal["forward", "input", "weight"]
PASSES: tuple[Pass, ...] = get_args(Pass)


class Form(ABC):
    """One way to compute the passes of a depthwise convolution at stride 1 with odd kernels, H and W kept.

    The gradient of the input is the convolution of the output's gradient with the turned kernel.
    """

    name: ClassVar[str]
    own: ClassVar[tuple[Pass, ...]] = PASSES  # what it computes in a way of its own: only this is measured

    def takes(self, device: torch.device, dtype: torch.dtype) -> bool:
        """Return whether it computes on such tensors here."""
        return True

    @abstractmethod
    def forward(self, x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
        """Return the convolution of x [N,C,H,W] with weight [C,1,KH,KW]."""

    def input_gradient(self, gradient: Tensor, weight: Tensor, dilation: int) -> Tensor:
        """Return the gradient [N,C,H,W] of the input."""
        return self.forward(gradient, weight.flip(2, 3), None, dilation)

    @abstractmethod
    def weight_gradient(self, x: Tensor, gradient: Tensor, kernel: tuple[int, int], dilation: int) -> Tensor:
        """Return the gradient [C,1,KH,KW] of the kernel from x and gradient [N,C,H,W]."""


def padding(kernel: tuple[int, ...] | torch.Size, dilation: int) -> list[int]:
    """Return the zeros on each side that keep height and width."""
    return [dilation * (side // 2) for side in kernel]
