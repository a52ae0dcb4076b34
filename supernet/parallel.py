"""Several 1 x 1 convolutions of one map; merged, they are one that reads the map once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from supernet.elastic import ElasticConv2d


class ParallelConvs(nn.Module):
    """A map [N, inputs, H, W] to one map [N, outputs[i], H, W] per convolution (queries, keys and values, say).

    Each convolution keeps a prefix of its own channels.
    """

    def __init__(self, inputs: int, outputs: Sequence[int], bias: bool):
        super().__init__()
        self.convs = nn.ModuleList(ElasticConv2d(inputs, channels, bias=bias) for channels in outputs)

    def configure(self, inputs: int, outputs: Sequence[int], bias: bool) -> None:
        """Choose the active channels and whether there are biases."""
        for i, channels in enumerate(outputs):
            conv: Any = self.convs[i]
            conv.configure(inputs, channels, bias=bias)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return tuple(conv(x) for conv in self.convs)

    def merged(self) -> nn.Module:
        """Return one convolution whose outputs are split."""
        convs: Any = list(self.convs)
        return JoinedConvs(convs)


class JoinedConvs(nn.Module):
    """1 x 1 convolutions of one map as one convolution; all of them have a bias, or none."""

    def __init__(self, convs: Sequence[nn.Conv2d]):
        super().__init__()
        self.sizes = [conv.out_channels for conv in convs]
        biases = [conv.bias for conv in convs if conv.bias is not None]
        self.conv = nn.Conv2d(convs[0].in_channels, sum(self.sizes), 1, bias=bool(biases))
        self.conv.weight = nn.Parameter(torch.cat([conv.weight for conv in convs]))
        if biases:
            self.conv.bias = nn.Parameter(torch.cat(biases))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return torch.split(self.conv(x), self.sizes, dim=1)
