"""Strided convolution beside a shortcut without weights (arXiv:2109.00642)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.elastic import ElasticConv2d
from supernet.operators._conv_layer import along
from supernet.operators._module import OperatorModule, Place
from supernet.parts import norms


class ResidualDown(OperatorModule):
    """conv(norm(x)) + pooled x, [N, inputs, S, S] to [N, outputs, S', S'], S' = S / stride rounded up.

    The shortcut is the mean of each square (of its pixels inside the map), with zeros as new channels.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.sequence, self.window = place.sequence, along(place.stride, place.sequence)
        kernel = along(max(config["kernel"] for config in configs), place.sequence)
        self.norm = norms(configs, "before", place.inputs)
        self.conv = ElasticConv2d(place.inputs, place.outputs, kernel, self.window)
        self.more = place.outputs - place.inputs

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.norm.configure(config["before"], inputs)
        self.conv.configure(inputs, outputs, along(config["kernel"], self.sequence))
        self.more = outputs - inputs

    def forward(self, x: Tensor) -> Tensor:
        shortcut = F.avg_pool2d(x, self.window, self.window, ceil_mode=True, count_include_pad=False)
        # Fewer channels than before: a negative number of zeros cuts the last ones.
        return self.conv(self.norm(x)) + F.pad(shortcut, (0, 0, 0, 0, 0, self.more))


MODULE = ResidualDown
