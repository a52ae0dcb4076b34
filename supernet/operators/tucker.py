"""Dense convolution between compressed inputs and compressed outputs (arXiv:2004.14525)."""

from __future__ import annotations

from search_spaces import OpConfig
from supernet.operators._conv_block import Layers, MobileBlock, whole
from supernet.operators._conv_layer import Layer


class Tucker(MobileBlock):
    """inputs -> compressed inputs (1 x 1) -> compressed outputs (k x k at the stride) -> outputs (1 x 1)."""

    attended = "spatial"

    def layers(self, config: OpConfig, inputs: int, outputs: int) -> Layers:
        activation = config["activation"]
        low, high = whole(inputs * config["input_rank"]), whole(outputs * config["output_rank"])
        return {
            "compress": Layer(inputs, low, activation=activation),
            "spatial": Layer(low, high, config["kernel"], self.stride, activation=activation),
            "project": Layer(high, outputs),
        }


MODULE = Tucker
