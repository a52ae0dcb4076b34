"""What torch has: the forward pass and the turned forward pass are quick, the gradients of large kernels are not."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from supernet.depthwise.forms._form import Form, padding


class Stock(Form):
    """`torch.nn.functional.conv2d`; the gradient of the input by the turned kernel."""

    name = "stock"

    def forward(self, x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
        return F.conv2d(x, weight, bias, 1, padding(weight.shape[2:], dilation), dilation, weight.shape[0])

    def weight_gradient(self, x: Tensor, gradient: Tensor, kernel: tuple[int, int], dilation: int) -> Tensor:
        weight = x.new_empty(x.shape[1], 1, *kernel)
        return _backward(x, gradient, weight, dilation, [False, True, False])[1]


class Native(Stock):
    """torch's own backward pass for both gradients."""

    name, own = "native", ("input",)

    def input_gradient(self, gradient: Tensor, weight: Tensor, dilation: int) -> Tensor:
        return _backward(gradient, gradient, weight, dilation, [True, False, False])[0]


def _backward(x: Tensor, gradient: Tensor, weight: Tensor, dilation: int, wanted: list[bool]) -> list[Tensor]:
    sides = [1, 1], padding(weight.shape[2:], dilation), [dilation, dilation]
    return torch.ops.aten.convolution_backward(
        gradient, x, weight, None, *sides, False, [0, 0], weight.shape[0], wanted
    )
