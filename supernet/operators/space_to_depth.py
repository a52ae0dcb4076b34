"""Every square of pixels becomes channels, then a convolution at stride 1 (arXiv:2208.03641)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.elastic import Pair
from supernet.operators._conv_layer import ConvLayer, Layer, along
from supernet.operators._module import OperatorModule, Place


class SpaceToDepth(OperatorModule):
    """[N, inputs, S, S] to [N, outputs, S', S'], S' = S / stride rounded up: zeros fill the last square."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.block = along(place.stride, place.sequence)
        layers = [self._layer(config, place.inputs, place.outputs) for config in configs]
        self.conv = ConvLayer(layers, place.sequence)

    def _layer(self, config: OpConfig, inputs: int, outputs: int) -> Layer:
        deep = inputs * self.block[0] * self.block[1]
        return Layer(deep, outputs, config["kernel"], activation=config["activation"], norm=config["norm"])

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.conv.configure(self._layer(config, inputs, outputs))

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(deepened(x, self.block))


def deepened(x: Tensor, block: Pair) -> Tensor:
    """Return [N, C * h * w, H / h, W / w] (rounded up) of [N, C, H, W]: channels of one input stay together."""
    (high, wide), (height, width) = block, x.shape[2:]
    x = F.pad(x, (0, -width % wide, 0, -height % high))
    x = x.unflatten(3, (-1, wide)).unflatten(2, (-1, high))
    return x.permute(0, 1, 3, 5, 2, 4).flatten(1, 3)


MODULE = SpaceToDepth
