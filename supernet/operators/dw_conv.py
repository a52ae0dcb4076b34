"""Depthwise convolution with elastic kernel and dilation (arXiv:2311.15599)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.elastic import ElasticDepthwiseConv2d
from supernet.operators._module import OperatorModule


class DepthwiseConv(OperatorModule):
    """One dense kernel of the largest reach; (kernel, dilation) picks its taps."""

    def __init__(self, width: int, configs: Sequence[OpConfig]):
        super().__init__(width, configs)
        reach = max((c["kernel"] - 1) * c["dilation"] + 1 for c in configs)
        self.conv = ElasticDepthwiseConv2d(width, (reach, reach))

    def configure(self, config: OpConfig, width: int) -> None:
        self.conv.configure(width, (config["kernel"],) * 2, config["dilation"])

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)

    def merged(self) -> nn.Module:
        return self.conv


MODULE = DepthwiseConv
