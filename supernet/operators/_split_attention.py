"""Split attention as a layer: several convolutions of one input, weighted by all of them (arXiv:2004.08955)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.operators._conv_layer import ConvLayer, Layer


class Splits(NamedTuple):
    """What a configuration asks for; ``hidden`` are the channels inside the attention."""

    width: int
    radix: int
    groups: int
    kernel: int
    hidden: int
    activation: str

    @classmethod
    def of(cls, config: OpConfig, width: int, activation: str = "relu") -> Splits:
        """Return the splits of a configuration; at least 32 hidden channels, as in the published networks."""
        radix, groups = config["radix"], config["groups"]
        hidden = -(-max(32, radix * width // config["reduction"]) // groups) * groups
        return cls(width, radix, groups, config["kernel"], hidden, activation)

    def split(self) -> Layer:
        """Return the convolution of one of radix parts of the channels."""
        return Layer(self.width // self.radix, self.width, self.kernel, 1, self.groups, self.activation)

    def squeeze(self) -> Layer:
        """Return the first layer of the attention, as published with a bias before its norm."""
        return Layer(self.width, self.hidden, groups=self.groups, activation=self.activation, biased=True)

    def excite(self) -> Layer:
        """Return the second layer of the attention, to the scores of one split."""
        return Layer(self.hidden, self.width, groups=self.groups, norm="none")


class SplitAttentionLayer(nn.Module):
    """Sum over splits of split * weights, softmax over the splits of a two-layer function of their mean.

    [N, width, H, W] to the same shape. A split is act(norm(conv)) of one of radix parts of the channels, so the
    splits together are one convolution of radix * groups groups. A smaller radix has the first splits.
    """

    def __init__(self, asked: Sequence[Splits], sequence: bool = False):
        super().__init__()
        self.radix = max(splits.radix for splits in asked)
        having = [[splits for splits in asked if splits.radix > i] for i in range(self.radix)]
        self.splits = nn.ModuleList(ConvLayer([splits.split() for splits in some], sequence) for some in having)
        self.squeeze = ConvLayer([splits.squeeze() for splits in asked])
        self.excite = nn.ModuleList(ConvLayer([splits.excite() for splits in some]) for some in having)

    def configure(self, splits: Splits) -> None:
        """Choose what a configuration asks for."""
        self.radix = splits.radix
        self.squeeze.configure(splits.squeeze())
        for layers, layer in ((self.splits, splits.split()), (self.excite, splits.excite())):
            for conv in list(layers)[: self.radix]:
                module: Any = conv
                module.configure(layer)

    def prune(self) -> None:
        """Forget the splits that are not active; called on a copy to be frozen."""
        self.splits, self.excite = self.splits[: self.radix], self.excite[: self.radix]

    def forward(self, x: Tensor) -> Tensor:
        parts = x.chunk(self.radix, dim=1)
        splits = [split(part) for split, part in zip(self.splits, parts, strict=False)]
        hidden = self.squeeze(reduce(torch.add, splits).mean((2, 3), keepdim=True))
        scores = torch.stack([excite(hidden) for excite in list(self.excite)[: self.radix]], 1)
        weights = scores.softmax(1) if self.radix > 1 else scores.sigmoid()
        return reduce(torch.add, [split * weight for split, weight in zip(splits, weights.unbind(1), strict=True)])
