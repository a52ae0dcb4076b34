"""A few 3 x 3 convolutions from the image to the first stage (arXiv:2311.15599, 2104.01136)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.convnorm import ConvNorm
from supernet.operators._module import OperatorModule, Place
from supernet.parts import ACTIVATIONS


class ConvStem(OperatorModule):
    """[N, channels, R, R] to [N, width, R / stride, R / stride]."""

    masks = frozenset({"width"})

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        (config,) = configs
        widths, strides = _widths(config, place.inputs, place.outputs), _strides(config["stride"])
        convs = [
            ConvNorm(widths[i], widths[i + 1], 3, stride, norm=config["norm"], bias=config["bias"])
            for i, stride in enumerate(strides)
        ]
        self.first, self.middle, self.second = convs[0], nn.ModuleList(convs[1:-1]), convs[-1]
        self.activation = ACTIVATIONS[config["activation"]]()
        self.last_activation = ACTIVATIONS[config["last_activation"]]()

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        widths = _widths(config, inputs, outputs)
        convs: list[Any] = [self.first, *self.middle, self.second]
        for conv, before, after in zip(convs, widths, widths[1:], strict=False):
            conv.configure(before, after)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        for conv in self.middle:
            x = conv(self.activation(x))
        return self.last_activation(self.second(self.activation(x)))


def _strides(stride: int) -> list[int]:
    """Return the stride of each convolution: as many twos as make ``stride``, and ones up to two convolutions."""
    twos = stride.bit_length() - 1
    return [2] * twos + [1] * (2 - twos)


def _widths(config: OpConfig, inputs: int, outputs: int) -> list[int]:
    """Return the channels before the first convolution and after each one."""
    after = [outputs]
    for _ in _strides(config["stride"])[1:]:
        after.insert(0, max(1, after[0] // 2))
    return [inputs, config["first"] or after[0], *after[1:]]


MODULE = ConvStem
