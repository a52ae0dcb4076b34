"""Depthwise convolution with elastic kernel and dilation (arXiv:2311.15599)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.elastic import ElasticDepthwiseConv2d
from supernet.operators._module import OperatorModule, Place


class DepthwiseConv(OperatorModule):
    """One dense kernel of the largest reach; (kernel, dilation) picks its taps."""

    masks = frozenset({"width"})

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        reach = max((c["kernel"] - 1) * c["dilation"] + 1 for c in configs)
        self.conv = ElasticDepthwiseConv2d(place.inputs, (reach, reach), any(c["bias"] for c in configs))

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.conv.configure(inputs, (config["kernel"],) * 2, config["dilation"], config["bias"])

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)

    def merged(self) -> nn.Module:
        return self.conv


MODULE = DepthwiseConv
