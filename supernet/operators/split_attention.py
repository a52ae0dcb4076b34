"""Split attention (ResNeSt, arXiv:2004.08955)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.convnorm import ConvNorm
from supernet.operators._module import OperatorModule, Place
from supernet.segments import SegmentedConv2d


class SplitAttention(OperatorModule):
    """Sum over splits of split * weights, softmax over the splits of a two-layer function of their mean.

    A split is relu(norm(conv)) of one of radix parts of the channels, so the splits together are one grouped
    convolution. A smaller radix has the first splits.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width, radixes = place.inputs, [config["radix"] for config in configs]
        kernel, fewest = max(config["kernel"] for config in configs), min(radixes)
        shape: dict[str, Any] = {"norm": "batch_norm", "activation": "relu"}
        self.splits = nn.ModuleList(
            ConvNorm(width // fewest, width, kernel, bias=False, **shape) for _ in range(max(radixes))
        )
        hidden = max(_hidden(width, config) for config in configs)
        self.squeeze = ConvNorm(width, hidden, 1, **shape)
        self.excite = SegmentedConv2d(hidden, (width,) * max(radixes))
        self.radix = max(radixes)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        radix = self.radix = config["radix"]
        for split in list(self.splits)[:radix]:
            conv: Any = split
            conv.configure(inputs // radix, outputs)
            conv.conv.configure(inputs // radix, outputs, config["kernel"])
        hidden = _hidden(inputs, config)
        self.squeeze.configure(outputs, hidden)
        self.excite.choose(hidden, (outputs,) * radix)

    def prune(self) -> None:
        """Forget the splits that are not active; called on a frozen copy."""
        self.splits = self.splits[: self.radix]

    def forward(self, x: Tensor) -> Tensor:
        parts = x.chunk(self.radix, dim=1)
        splits = [split(part) for split, part in zip(self.splits, parts, strict=False)]
        means = reduce(torch.add, splits).mean((2, 3), keepdim=True)
        scores = self.excite(self.squeeze(means)).unflatten(1, (self.radix, -1))
        weights = scores.softmax(1) if self.radix > 1 else scores.sigmoid()
        return reduce(torch.add, [split * weight for split, weight in zip(splits, weights.unbind(1), strict=True)])


def _hidden(width: int, config: OpConfig) -> int:
    """Return the hidden channels of the attention; at least 32, as in the published networks."""
    return max(32, config["radix"] * width // config["reduction"])


MODULE = SplitAttention
