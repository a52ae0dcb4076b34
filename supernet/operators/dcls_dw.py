"""Dilated convolution with learnable spacings, depthwise (arXiv:2112.03740)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.deploy import merge
from supernet.generated import ElasticSpacedConv2d
from supernet.operators._module import OperatorModule, Place


class SpacedDepthwiseConv(OperatorModule):
    """Fewer elements are the first ones; on a smaller grid, positions beyond its border lie on it."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.conv = ElasticSpacedConv2d(
            place.inputs,
            max(config["kernel"] for config in configs),
            max(config["elements"] for config in configs),
            any(config["interpolation"] == "gaussian" for config in configs),
            any(config["bias"] for config in configs),
        )

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        gaussian = config["interpolation"] == "gaussian"
        self.conv.configure(inputs, config["kernel"], config["elements"], gaussian, config["bias"])

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)

    def merged(self) -> nn.Module:
        """Return one depthwise convolution."""
        (conv,) = merge(self.conv)
        return conv


MODULE = SpacedDepthwiseConv
