"""Pooling, then a 1 x 1 convolution to the new width (arXiv:1608.06993)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.operators._conv_layer import ConvLayer, Layer, along
from supernet.operators._module import OperatorModule, Place


class PoolDown(OperatorModule):
    """[N, inputs, S, S] to [N, outputs, S', S'], S' = S / stride rounded up; all poolings share the convolution.

    Windows of odd kernels are centred; those of even ones begin at their position and are cut at the edge.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.sequence, self.stride = place.sequence, along(place.stride, place.sequence)
        self.conv = ConvLayer([_layer(config, place.inputs, place.outputs) for config in configs], place.sequence)
        self.maximum, self.kernel = True, 3

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.maximum, self.kernel = config["pool"] == "max", config["kernel"]
        self.conv.configure(_layer(config, inputs, outputs))

    def forward(self, x: Tensor) -> Tensor:
        window, even = along(self.kernel, self.sequence), self.kernel % 2 == 0
        padding = (0, 0) if even else (window[0] // 2, window[1] // 2)
        if self.maximum:
            x = F.max_pool2d(x, window, self.stride, padding, ceil_mode=even)
        else:
            x = F.avg_pool2d(x, window, self.stride, padding, ceil_mode=even, count_include_pad=False)
        return self.conv(x)


def _layer(config: OpConfig, inputs: int, outputs: int) -> Layer:
    return Layer(inputs, outputs, activation=config["activation"], norm=config["norm"])


MODULE = PoolDown
