"""Elastic convolutions whose channels are several parts in a row, with a prefix of each part active.

So a channel keeps its part at every width: that of a query stays a query's.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor

from supernet.elastic import ElasticConv2d, ElasticDepthwiseConv2d
from supernet.primitive import prefix


class SegmentedConv2d(ElasticConv2d):
    """1 x 1 convolution to several parts."""

    def __init__(self, inputs: int, parts: Sequence[int], bias: bool = True):
        super().__init__(inputs, sum(parts), bias=bias)
        self.starts, self.parts = _starts(parts), tuple(parts)

    def choose(self, inputs: int, parts: Sequence[int]) -> None:
        """Choose the active inputs and the active channels of each of the first parts."""
        self.configure(inputs, sum(parts))
        self.parts = tuple(parts)

    def rows(self, full: Tensor, *inputs: int) -> Tensor:
        joined = _joined(full, self.starts, self.parts)
        return prefix(joined, len(joined), *inputs)


class SegmentedDepthwiseConv2d(ElasticDepthwiseConv2d):
    """Depthwise convolution of several parts."""

    def __init__(self, parts: Sequence[int], reach: int, bias: bool = True):
        super().__init__(sum(parts), (reach, reach), bias)
        self.starts, self.parts = _starts(parts), tuple(parts)

    def choose(self, parts: Sequence[int], kernel: int) -> None:
        """Choose the active channels of each of the first parts and the side of the kernel."""
        self.configure(sum(parts), (kernel, kernel))
        self.parts = tuple(parts)

    def rows(self, full: Tensor) -> Tensor:
        return _joined(full, self.starts, self.parts)


def _starts(parts: Sequence[int]) -> tuple[int, ...]:
    return tuple(accumulate(parts[:-1], initial=0))


def _joined(full: Tensor, starts: Sequence[int], lengths: Sequence[int]) -> Tensor:
    """Return ``lengths[i]`` rows from ``starts[i]`` on, in a row; without a copy where they are contiguous."""
    if _starts(lengths) == tuple(starts[: len(lengths)]):
        return full[: sum(lengths)]
    return torch.cat([full[start : start + length] for start, length in zip(starts, lengths, strict=False)])
