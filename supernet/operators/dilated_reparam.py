"""Large depthwise kernel with parallel dilated branches in training (arXiv:2311.15599)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from search_spaces.operators.dilated_reparam import BRANCHES
from supernet.deploy import fuse
from supernet.elastic import ElasticBatchNorm2d, ElasticDepthwiseConv2d
from supernet.operators._module import OperatorModule, Place


class DilatedReparam(OperatorModule):
    """Sum of a large depthwise convolution and the branches of its kernel, each followed by BatchNorm.

    Kernels share the large weight (centre crop) and every branch that they have in common.
    """

    masks = frozenset({"width"})

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        kernels = sorted({config["kernel"] for config in configs})
        self.conv = ElasticDepthwiseConv2d(place.inputs, (kernels[-1], kernels[-1]))
        self.norm = ElasticBatchNorm2d(place.inputs)
        self.branches = nn.ModuleDict()
        for branch in sorted({b for kernel in kernels for b in BRANCHES[kernel]}):
            self.branches[_name(branch)] = _Branch(place.inputs, branch[0])
        self.active: tuple[tuple[int, int], ...] = ()

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        kernel = config["kernel"]
        self.conv.configure(inputs, (kernel, kernel))
        self.norm.channels = inputs
        self.active = BRANCHES[kernel]
        for small, dilation in self.active:
            branch: Any = self.branches[_name((small, dilation))]
            branch.conv.configure(inputs, (small, small), dilation)
            branch.norm.channels = inputs

    def prune(self) -> None:
        """Forget the branches of other kernels; called on a frozen copy."""
        kept = {_name(branch): self.branches[_name(branch)] for branch in self.active}
        self.branches = nn.ModuleDict(kept)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.conv(x))
        for branch in self.active:
            y = y + self.branches[_name(branch)](x)
        return y

    def merged(self) -> nn.Module:
        """Return one depthwise convolution: each branch as a kernel with zeros between its taps, centred."""
        merged = fuse(self.conv, self.norm)
        assert merged.bias is not None
        with torch.no_grad():
            for name in self.branches:
                branch: Any = self.branches[name]
                fused = fuse(branch.conv, branch.norm)
                _add_centred(merged.weight, fused.weight, fused.dilation[0])
                assert fused.bias is not None
                merged.bias.add_(fused.bias)
        return merged


class _Branch(nn.Module):
    """A small depthwise convolution and its BatchNorm."""

    def __init__(self, width: int, kernel: int):
        super().__init__()
        self.conv = _SmallDepthwise(width, kernel)
        self.norm = ElasticBatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))


class _SmallDepthwise(ElasticDepthwiseConv2d):
    """Taps of a private small kernel at a fixed dilation: the weight holds no zeros between taps."""

    shares_taps = False

    def __init__(self, width: int, kernel: int):
        super().__init__(width, (kernel, kernel))

    def configure(self, channels: int, kernel: tuple[int, int], dilation: int = 1, bias: bool = False) -> None:
        self.channels, self.kernel, self.dilation = channels, kernel, dilation

    def active(self) -> tuple[Tensor, None]:
        return self.weight[: self.channels], None


def _name(branch: tuple[int, int]) -> str:
    return f"kernel{branch[0]}_dilation{branch[1]}"


def _add_centred(weight: Tensor, small: Tensor, dilation: int) -> None:
    half, centre = dilation * (small.shape[-1] // 2), weight.shape[-1] // 2
    taps = slice(centre - half, centre + half + 1, dilation)
    weight[:, :, taps, taps] += small


MODULE = DilatedReparam
