"""Inverted residual: expand, depthwise convolution, linear projection (arXiv:1801.04381)."""

from __future__ import annotations

from search_spaces import OpConfig
from supernet.operators._conv_block import Layers, MobileBlock, whole
from supernet.operators._conv_layer import Layer


class InvertedBottleneck(MobileBlock):
    """inputs -> hidden (1 x 1; not at expansion 1) -> hidden (depthwise at the stride) -> outputs (1 x 1)."""

    attended = "spatial"

    def layers(self, config: OpConfig, inputs: int, outputs: int) -> Layers:
        hidden, activation = whole(inputs * config["expansion"]), config["activation"]
        expand = {"expand": Layer(inputs, hidden, activation=activation)} if config["expansion"] != 1 else {}
        return {
            **expand,
            "spatial": Layer(hidden, hidden, config["kernel"], self.stride, groups=hidden, activation=activation),
            "project": Layer(hidden, outputs),
        }


MODULE = InvertedBottleneck
