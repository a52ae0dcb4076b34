"""One 3 x 3 convolution between two stages (arXiv:2311.15599)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.convnorm import ConvNorm


class ConvDown(nn.Module):
    """[N, inputs, S, S] to [N, outputs, S / stride, S / stride], rounded up."""

    def __init__(self, inputs: int, outputs: int, stride: int, configs: Sequence[OpConfig]):
        super().__init__()
        (config,) = configs
        self.conv = ConvNorm(inputs, outputs, stride, config["norm"])

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.conv.configure(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


MODULE = ConvDown
