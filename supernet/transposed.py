"""Elastic transposed convolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from supernet.elastic import Elastic


class ElasticConvTranspose2d(Elastic):
    """Transposed convolution with prefixes of its input and output channels active."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, padding: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, outputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))
        # Each output meets kernel^2 / stride^2 taps of every input.
        nn.init.trunc_normal_(self.weight, std=(2.0 * stride**2 / ((inputs + outputs) * kernel**2)) ** 0.5)
        self.kernel, self.stride, self.padding = kernel, stride, padding
        self.inputs, self.outputs = inputs, outputs

    def active(self) -> tuple[Tensor, Tensor]:
        """Return weight [inputs, outputs, kernel, kernel] and bias [outputs] of the active slice."""
        return self.weight[: self.inputs, : self.outputs], self.bias[: self.outputs]

    def forward(self, x: Tensor) -> Tensor:
        return F.conv_transpose2d(x, *self.active(), self.stride, self.padding)

    def frozen(self) -> nn.Module:
        weight, bias = self.active()
        conv = nn.ConvTranspose2d(self.inputs, self.outputs, self.kernel, self.stride, self.padding)
        assert conv.bias is not None
        with torch.no_grad():
            conv.weight.copy_(weight)
            conv.bias.copy_(bias)
        return conv
