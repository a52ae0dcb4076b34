"""Grouped convolution over positions first, then expand and project (arXiv:2404.03617)."""

from __future__ import annotations

from search_spaces import OpConfig
from supernet.operators._conv_block import Layers, MobileBlock, whole
from supernet.operators._conv_layer import Layer


class ConvFirst(MobileBlock):
    """width -> width (k x k in groups) -> hidden (1 x 1) -> width (1 x 1)."""

    attended = "expand"

    def layers(self, config: OpConfig, inputs: int, outputs: int) -> Layers:
        hidden, groups = whole(inputs * config["expansion"]), inputs // config["group_width"]
        return {
            "spatial": Layer(inputs, inputs, config["kernel"], groups=groups),
            "expand": Layer(inputs, hidden, activation=config["activation"]),
            "project": Layer(hidden, outputs),
        }


MODULE = ConvFirst
