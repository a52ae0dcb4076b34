"""Depthwise convolution with a kernel for every position (arXiv:2203.10489)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.elastic import ElasticConv2d
from supernet.operators._module import OperatorModule, Place
from supernet.table import ElasticTable, Table
from supernet.taps import neighbours


class TranslationVariantConv(OperatorModule):
    """Kernels [H, W, width, taps] follow from learned maps alone, so the operator is tied to its side.

    A smaller side samples the learned maps evenly. Kernels of different sides share the network up to its last
    convolution.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        maps, hidden = max(c["maps"] for c in configs), max(c["hidden"] for c in configs)
        self.maps = ElasticTable((1, maps, *self.sides), spread=2, fill=1.0)
        self.first = _NormedConv(maps, hidden, self.sides)
        self.second = _NormedConv(hidden, hidden, self.sides)
        kernels = sorted({config["kernel"] for config in configs})
        last = {str(k): ElasticConv2d(hidden, place.inputs * k * k, 3, bias=False) for k in kernels}
        self.last, self.kernel = nn.ModuleDict(last), kernels[0]

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        hidden, self.kernel = config["hidden"], config["kernel"]
        self.maps.configure(1, config["maps"], *self.sides)
        self.first.configure(config["maps"], hidden, self.sides)
        self.second.configure(hidden, hidden, self.sides)
        last: Any = self.last[str(self.kernel)]
        last.configure(hidden, outputs * self.kernel**2)

    def prune(self) -> None:
        """Forget the last convolutions of other kernels; called on a frozen copy."""
        self.last = nn.ModuleDict({str(self.kernel): self.last[str(self.kernel)]})

    def kernels(self) -> Tensor:
        """Return the kernel [H, W, width, taps] of every position."""
        weights = self.last[str(self.kernel)](self.second(self.first(self.maps())))
        return weights[0].unflatten(0, (-1, self.kernel**2)).permute(2, 3, 0, 1)

    def forward(self, x: Tensor) -> Tensor:
        return _convolve(x, self.kernels(), self.kernel)

    def merged(self) -> nn.Module:
        """Return the convolution with its kernels stored."""
        return _StoredKernels(self.kernels().detach().contiguous(), self.kernel)


class _NormedConv(nn.Module):
    """3 x 3 convolution, LayerNorm over channels and positions together, ReLU."""

    def __init__(self, inputs: int, outputs: int, sides: tuple[int, int]):
        super().__init__()
        self.conv = ElasticConv2d(inputs, outputs, 3, bias=False)
        self.weight = ElasticTable((outputs, *sides), spread=2, fill=1.0)
        self.bias = ElasticTable((outputs, *sides), spread=2)

    def configure(self, inputs: int, outputs: int, sides: tuple[int, int]) -> None:
        self.conv.configure(inputs, outputs)
        self.weight.configure(outputs, *sides)
        self.bias.configure(outputs, *sides)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight()
        return F.relu(F.layer_norm(self.conv(x), weight.shape, weight, self.bias()))


class _StoredKernels(nn.Module):
    def __init__(self, kernels: Tensor, kernel: int):
        super().__init__()
        self.table, self.kernel = Table(tuple(kernels.shape)), kernel
        self.table.weight = nn.Parameter(kernels)

    def forward(self, x: Tensor) -> Tensor:
        return _convolve(x, self.table(), self.kernel)


def _convolve(x: Tensor, kernels: Tensor, kernel: int) -> Tensor:
    """Return [N, C, H, W]: the window of each position times its kernel [H, W, C, taps]."""
    return torch.einsum("nhwct,hwct->nhwc", neighbours(x, kernel), kernels).permute(0, 3, 1, 2)


MODULE = TranslationVariantConv
