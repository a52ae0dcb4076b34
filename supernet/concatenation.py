"""A 1 x 1 convolution over maps laid on top of each other, each elastic on its own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor

from supernet.elastic import ElasticConv2d


class ElasticConcatConv2d(ElasticConv2d):
    """Convolves the concatenation of maps; active are the first of them, and of each map a prefix of its channels.

    ``channels`` are the most channels of each map. The input is the concatenation of the active channels.
    """

    def __init__(self, channels: Sequence[int], outputs: int, bias: bool = False):
        super().__init__(sum(channels), outputs, bias=bias)
        self.starts = (0, *accumulate(channels[:-1]))
        self.channels = tuple(channels)

    def choose(self, channels: Sequence[int], outputs: int) -> None:
        """Choose the active channels of each of the first maps, and of the output."""
        self.channels = tuple(channels)
        self.configure(sum(channels), outputs)

    def active(self) -> tuple[Tensor, Tensor | None]:
        """Return weight [outputs, sum of the active channels, 1, 1] and bias [outputs] of the active slice."""
        _, bias = super().active()
        parts = zip(self.starts, self.channels, strict=False)
        return torch.cat([self.weight[: self.outputs, start : start + size] for start, size in parts], 1), bias
