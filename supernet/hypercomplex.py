"""Parameterised hypercomplex convolution: a weight as a sum of Kronecker products (arXiv:2110.04176)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from supernet.elastic import Elastic


class HypercomplexConv2d(nn.Module):
    """Convolution of weight sum_s algebra[s] (x) filters[s]: [n, n, n] and [n, outputs / n, inputs / n, k, k].

    Merged, it is a plain convolution.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, n: int):
        super().__init__()
        self.algebra = nn.Parameter(torch.zeros(n, n, n))
        self.filters = nn.Parameter(torch.zeros(n, outputs // n, inputs // n, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, kronecker(self.algebra, self.filters), self.bias, padding=self.filters.shape[-1] // 2)

    def merged(self) -> nn.Module:
        """Return the plain convolution."""
        weight = kronecker(self.algebra, self.filters)
        outputs, inputs, kernel, _ = weight.shape
        conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, dtype=weight.dtype, device=weight.device)
        assert conv.bias is not None
        with torch.no_grad():
            conv.weight.copy_(weight)
            conv.bias.copy_(self.bias)
        return conv


class ElasticHypercomplexConv2d(Elastic):
    """Prefixes of the filters' outputs and inputs and the centre of their kernel are active; the algebra is whole."""

    def __init__(self, inputs: int, outputs: int, kernel: int, n: int):
        super().__init__()
        self.n, self.full = n, kernel
        self.algebra = nn.Parameter(torch.randn(n, n, n) / n)
        self.filters = nn.Parameter(torch.empty(n, outputs // n, inputs // n, kernel, kernel))
        nn.init.trunc_normal_(self.filters, std=(2.0 / ((inputs + outputs) * kernel**2)) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.inputs, self.outputs, self.kernel = inputs, outputs, kernel

    def configure(self, inputs: int, outputs: int, kernel: int = 1) -> None:
        """Choose the active channels, multiples of n, and the kernel."""
        self.inputs, self.outputs, self.kernel = inputs, outputs, kernel

    def active(self) -> tuple[Tensor, Tensor]:
        """Return the filters and the bias of the active slice."""
        cut = (self.full - self.kernel) // 2
        taps = slice(cut, cut + self.kernel)
        filters = self.filters[:, : self.outputs // self.n, : self.inputs // self.n, taps, taps]
        return filters, self.bias[: self.outputs]

    def forward(self, x: Tensor) -> Tensor:
        filters, bias = self.active()
        return F.conv2d(x, kronecker(self.algebra, filters), bias, padding=self.kernel // 2)

    def frozen(self) -> nn.Module:
        conv = HypercomplexConv2d(self.inputs, self.outputs, self.kernel, self.n)
        filters, bias = self.active()
        with torch.no_grad():
            conv.algebra.copy_(self.algebra)
            conv.filters.copy_(filters)
            conv.bias.copy_(bias)
        return conv


def kronecker(algebra: Tensor, filters: Tensor) -> Tensor:
    """Return sum_s algebra[s] (x) filters[s] as a weight [outputs, inputs, k, k]."""
    weight = torch.einsum("sab,soikl->aobikl", algebra, filters)
    return weight.flatten(2, 3).flatten(0, 1)
