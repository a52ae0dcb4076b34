"""One to four depthwise convolutions of different kernels, summed (arXiv:2001.05887)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from search_spaces.operators.mix_path import KERNELS
from supernet.convnorm import DepthwiseNorm
from supernet.deploy import fuse, is_empty, merge
from supernet.norm_bank import BatchNormBank
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations


class MixPath(OperatorModule):
    """Every network that has a branch shares it.

    The branches learn similar maps, so a sum of m has about m times the mean and m^2 times the variance of one: the
    BatchNorm after it is one of a bank by m.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        kernels = sorted({kernel for config in configs for kernel in _kernels(config)})
        self.branches = nn.ModuleDict({_name(k): DepthwiseNorm(place.inputs, k, bias=False) for k in kernels})
        self.activation = activations(configs)
        counts = sorted({len(_kernels(config)) for config in configs})
        self.norm: Any = BatchNormBank.of(place.inputs, (f"paths{count}" for count in counts))
        self.names = [_name(kernel) for kernel in kernels]

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        kernels = _kernels(config)
        self.names = [_name(kernel) for kernel in kernels]
        for kernel in kernels:
            branch: Any = self.branches[_name(kernel)]
            branch.configure(inputs, kernel)
        self.activation.configure(config["activation"])
        self.norm.active, self.norm.channels = f"paths{len(kernels)}", inputs

    def prune(self) -> None:
        """Forget the branches that are not summed; called on a frozen copy."""
        self.branches = nn.ModuleDict({name: self.branches[name] for name in self.names})

    def forward(self, x: Tensor) -> Tensor:
        first, *others = (self.activation(self.branches[name](x)) for name in self.names)
        return self.norm(sum(others, start=first))

    def merged(self) -> nn.Module:
        """Return one depthwise convolution; with activations between, the sum of one for each branch."""
        convs = [merge(self.branches[name])[0] for name in self.names]
        if is_empty(self.activation):
            return fuse(_summed(convs), self.norm)
        self.branches = nn.ModuleDict(dict(zip(self.names, convs, strict=True)))
        return self


def _kernels(config: OpConfig) -> list[int]:
    return [kernel for kernel in KERNELS if config[f"kernel_{kernel}"]]


def _name(kernel: int) -> str:
    return f"kernel{kernel}"


@torch.no_grad()
def _summed(convs: Sequence[Any]) -> Any:
    """Return the last and largest of some depthwise convolutions with the others added at its centre."""
    *others, largest = convs
    for conv in others:
        cut = (largest.weight.shape[-1] - conv.weight.shape[-1]) // 2
        largest.weight += nn.functional.pad(conv.weight, [cut] * 4)
        largest.bias += conv.bias
    return largest


MODULE = MixPath
