"""Convolutions with max pooling from the image to the first stage (arXiv:2104.05704)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from search_spaces import OpConfig
from search_spaces.operators.tokenizer_stem import POOL, strides
from supernet.convnorm import ConvNorm
from supernet.operators._module import OperatorModule, Place


class TokenizerStem(OperatorModule):
    """[N, channels, R, R] to [N, width, S, S]; the channels between two layers are fixed."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        (config,) = configs
        steps = strides(config["stride"], config["layers"])
        self.widths = [place.inputs, *[config["middle"]] * (len(steps) - 1), place.outputs]
        self.convs, self.pools = nn.ModuleList(), nn.ModuleList()
        for i, (conv, pool) in enumerate(steps):
            kernel, stride, window, step = (_along(place, side) for side in (config["kernel"], conv, POOL, pool))
            self.convs.append(
                ConvNorm(
                    self.widths[i],
                    self.widths[i + 1],
                    kernel,
                    stride,
                    activation=config["activation"],
                    bias=config["bias"],
                )
            )
            self.pools.append(nn.MaxPool2d(window, step, (window[0] // 2, window[1] // 2)))

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        widths = [inputs, *self.widths[1:-1], outputs]
        for i in range(len(self.convs)):
            conv: Any = self.convs[i]
            conv.configure(widths[i], widths[i + 1])

    def forward(self, x: Tensor) -> Tensor:
        for conv, pool in zip(self.convs, self.pools, strict=True):
            x = pool(conv(x))
        return x


def _along(place: Place, side: int) -> tuple[int, int]:
    """Return (height, width) of a square, or of a line in a network over sequences."""
    return (1 if place.sequence else side, side)


MODULE = TokenizerStem
