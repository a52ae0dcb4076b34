"""Two dense convolutions around a shortcut (arXiv:1512.03385)."""

from __future__ import annotations

from search_spaces import OpConfig
from supernet.operators._conv_block import Layers, ResidualBlock
from supernet.operators._conv_layer import Layer


class BasicBlock(ResidualBlock):
    """inputs -> outputs (k x k at the stride) -> outputs (k x k)."""

    attended = "second"

    def layers(self, config: OpConfig, inputs: int, outputs: int) -> Layers:
        kernel = config["kernel"]
        return {
            "first": Layer(inputs, outputs, kernel, self.stride, activation=config["activation"]),
            "second": Layer(outputs, outputs, kernel),
        }


MODULE = BasicBlock
