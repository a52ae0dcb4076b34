"""Inverted residual with one dense convolution in place of expansion and depthwise one (arXiv:2004.14525)."""

from __future__ import annotations

from search_spaces import OpConfig
from supernet.operators._conv_block import Layers, MobileBlock, whole
from supernet.operators._conv_layer import Layer


class FusedInvertedBottleneck(MobileBlock):
    """inputs -> hidden (k x k at the stride) -> outputs (1 x 1)."""

    attended = "spatial"

    def layers(self, config: OpConfig, inputs: int, outputs: int) -> Layers:
        hidden = whole(inputs * config["expansion"])
        return {
            "spatial": Layer(inputs, hidden, config["kernel"], self.stride, activation=config["activation"]),
            "project": Layer(hidden, outputs),
        }


MODULE = FusedInvertedBottleneck
