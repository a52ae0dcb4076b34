"""Recursive convolution: depthwise kernels over a pyramid of halved maps (arXiv:2412.19628)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.elastic import ElasticDepthwiseConv2d
from supernet.operators._module import OperatorModule, Place


class RecursiveConv(OperatorModule):
    """Level 0 is the input, level i + 1 the half of level i (rounded up), all halved by one shared kernel.

    From the last level up, each is convolved, enlarged (bilinear) to the side before it and added there. Fewer
    levels are the first ones.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        reach = (max(config["kernel"] for config in configs),) * 2
        levels, bias = max(config["levels"] for config in configs), any(config["bias"] for config in configs)
        self.down = ElasticDepthwiseConv2d(place.inputs, reach, bias, stride=2)
        self.convs = nn.ModuleList(ElasticDepthwiseConv2d(place.inputs, reach, bias) for _ in range(levels + 1))
        self.levels = levels

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.levels = config["levels"]
        convs: list[Any] = [self.down, *self.convs]
        for conv in convs:
            conv.configure(inputs, (config["kernel"],) * 2, bias=config["bias"])

    def prune(self) -> None:
        """Forget the levels that are not active; called on a frozen copy."""
        self.convs = nn.ModuleList(list(self.convs)[: self.levels + 1])

    def forward(self, x: Tensor) -> Tensor:
        maps = [x]
        for _ in range(self.levels):
            maps.append(self.down(maps[-1]))
        y = self.convs[self.levels](maps[-1])
        for level in reversed(range(self.levels)):
            y = F.interpolate(y, size=maps[level].shape[2:], mode="bilinear")
            y = self.convs[level](maps[level] + y)
        return y


MODULE = RecursiveConv
