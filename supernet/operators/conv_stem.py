"""Two 3 x 3 convolutions from the image to the first stage (arXiv:2311.15599)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.convnorm import ConvNorm
from supernet.operators._module import OperatorModule, Place


class ConvStem(OperatorModule):
    """[N, channels, R, R] to [N, width, R / stride, R / stride]."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        (config,) = configs
        half, stride = place.outputs // 2, config["stride"]
        self.first = ConvNorm(place.inputs, half, 3, 2 if stride > 1 else 1, norm=config["norm"])
        self.activation = nn.GELU()
        self.second = ConvNorm(half, place.outputs, 3, 2 if stride > 2 else 1, norm=config["norm"])

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.first.configure(inputs, outputs // 2)
        self.second.configure(outputs // 2, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.activation(self.first(x)))


MODULE = ConvStem
