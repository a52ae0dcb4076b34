"""One large or three small convolutions, then max-pooling (arXiv:1512.03385, 1812.01187)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.operators._conv_layer import ConvLayer, Layer, along
from supernet.operators._module import OperatorModule, Place


class ResNetStem(OperatorModule):
    """[N, channels, R, R] to [N, width, R / stride, R / stride]."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        (config,) = configs
        layers = _layers(config, place.inputs, place.outputs)
        self.convs = nn.ModuleList(ConvLayer([layer], place.sequence) for layer in layers)
        window, step, padding = along(3, place.sequence), along(2, place.sequence), (0 if place.sequence else 1, 1)
        self.pool = nn.MaxPool2d(window, step, padding) if config["pool"] else nn.Identity()

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        for conv, layer in zip(self.convs, _layers(config, inputs, outputs), strict=True):
            module: Any = conv
            module.configure(layer)

    def forward(self, x: Tensor) -> Tensor:
        for conv in self.convs:
            x = conv(x)
        return self.pool(x)


def _layers(config: OpConfig, inputs: int, outputs: int) -> list[Layer]:
    """Return the convolutions; without pooling the last one has the stride that pooling would have."""
    first, rest = config["stride"] // 2, 1 if config["pool"] else 2
    end = {"activation": config["activation"]}
    if not config["deep"]:
        return [Layer(inputs, outputs, config["kernel"], first * rest, **end)]
    half = max(1, outputs // 2)
    return [
        Layer(inputs, half, 3, first, **end),
        Layer(half, half, 3, **end),
        Layer(half, outputs, 3, rest, **end),
    ]


MODULE = ResNetStem
