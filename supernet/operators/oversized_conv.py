"""Oversized axial convolution with a gate (ParCNetV2, arXiv:2211.07157)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from search_spaces import OpConfig
from supernet.elastic import ElasticConv2d, ElasticDepthwiseConv2d, Pair
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations
from supernet.segments import SegmentedConv2d


class OversizedConv(OperatorModule):
    """project(features * (row(column(y)) + local(y))), y = activation of the other half of the expansion.

    Column and row kernels have 2 side - 1 taps: with zeros around the map each position sees all of its column
    and row, each through weights of its own. On a smaller map the outer taps would meet only zeros: its kernels
    are the centres of the larger ones.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width, bias = place.inputs, any(config["bias"] for config in configs)
        kernel = max(config["kernel"] for config in configs)
        self.expand = SegmentedConv2d(width, (width, width))
        self.activation = activations(configs)
        column, row = self._kernels()
        self.column = ElasticDepthwiseConv2d(width, column, bias)
        self.row = ElasticDepthwiseConv2d(width, row, bias)
        self.local = ElasticDepthwiseConv2d(width, (kernel, kernel), bias)
        self.project = ElasticConv2d(width, width, bias=bias)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        bias, kernel = config["bias"], config["kernel"]
        self.expand.choose(inputs, (inputs, inputs))
        self.activation.configure(config["activation"])
        column, row = self._kernels()
        self.column.configure(inputs, column, bias=bias)
        self.row.configure(inputs, row, bias=bias)
        self.local.configure(inputs, (kernel, kernel), bias=bias)
        self.project.configure(inputs, outputs, bias=bias)

    def _kernels(self) -> tuple[Pair, Pair]:
        """Return the kernels of columns and of rows: as long as they can reach."""
        height, width = self.sides
        return (2 * height - 1, 1), (1, 2 * width - 1)

    def forward(self, x: Tensor) -> Tensor:
        features, y = self.expand(x).chunk(2, dim=1)
        y = self.activation(y)
        return self.project(features * (self.row(self.column(y)) + self.local(y)))


MODULE = OversizedConv
