"""Two 3 x 3 convolutions from the image to the first stage (arXiv:2311.15599)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.convnorm import ConvNorm


class ConvStem(nn.Module):
    """[N, channels, R, R] to [N, width, R / stride, R / stride]."""

    def __init__(self, channels: int, width: int, configs: Sequence[OpConfig]):
        super().__init__()
        (config,) = configs
        stride, norm = config["stride"], config["norm"]
        self.first = ConvNorm(channels, width // 2, 2 if stride > 1 else 1, norm)
        self.activation = nn.GELU()
        self.second = ConvNorm(width // 2, width, 2 if stride > 2 else 1, norm)

    def configure(self, config: OpConfig, channels: int, width: int) -> None:
        self.first.configure(channels, width // 2)
        self.second.configure(width // 2, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.activation(self.first(x)))


MODULE = ConvStem
