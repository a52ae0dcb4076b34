"""Reduce, convolve over positions in groups, expand (arXiv:1512.03385, 1611.05431)."""

from __future__ import annotations

from search_spaces import OpConfig
from supernet.operators._conv_block import Layers, ResidualBlock, whole
from supernet.operators._conv_layer import Layer


class Bottleneck(ResidualBlock):
    """inputs -> inner (1 x 1) -> inner (k x k at the stride, in groups) -> outputs (1 x 1)."""

    attended = "expand"

    def layers(self, config: OpConfig, inputs: int, outputs: int) -> Layers:
        inner, activation = whole(outputs * config["ratio"]), config["activation"]
        groups = inner // config["group_width"] if config["group_width"] else config["groups"]
        return {
            "reduce": Layer(inputs, inner, activation=activation),
            "spatial": Layer(inner, inner, config["kernel"], self.stride, groups, activation),
            "expand": Layer(inner, outputs),
        }


MODULE = Bottleneck
