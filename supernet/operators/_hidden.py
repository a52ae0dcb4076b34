"""Hidden channels of an operator that may stand in any order, so that they can be sorted by importance."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from supernet.elastic import Elastic, ElasticConv2d
from supernet.kernels import ElasticKernel


class HiddenChannels(NamedTuple):
    """``importance`` is [hidden]; ``tensors`` are all that have a slice per hidden channel, each with its axis."""

    importance: Tensor
    tensors: list[tuple[Tensor, int]]


def hidden_channels(project: ElasticConv2d, *before: nn.Module | None) -> HiddenChannels:
    """Return the channels that a 1 x 1 convolution reads from the convolutions and norms ``before`` it.

    A channel's importance is the L1 norm of the weights that read it (OFA, arXiv:1908.09791).
    """
    tensors: list[tuple[Tensor, int]] = [(project.weight, 1)]
    for module in (inner for part in before if part is not None for inner in part.modules()):
        if isinstance(module, Elastic):
            axis = 0 if isinstance(module, ElasticKernel) else -1
            own = (*module.parameters(recurse=False), *module.buffers(recurse=False))
            tensors += [(tensor, axis) for tensor in own]
        if isinstance(module, ElasticKernel) and module.private is not None:
            tensors += [(taps, 0) for taps in module.private.values()]
    return HiddenChannels(project.weight.detach().abs().sum((0, 2, 3)), tensors)
