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
        kernel, self.sequence = max(config["kernel"] for config in configs), place.sequence
        self.expand = SegmentedConv2d(width, (width, width))
        self.activation = activations(configs)
        column, row = self._kernels(place.side)
        self.column = ElasticDepthwiseConv2d(width, column, bias)
        self.row = ElasticDepthwiseConv2d(width, row, bias)
        self.local = ElasticDepthwiseConv2d(width, (kernel, kernel), bias)
        self.project = ElasticConv2d(width, width, bias=bias)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        bias, kernel = config["bias"], config["kernel"]
        self.expand.choose(inputs, (inputs, inputs))
        self.activation.configure(config["activation"])
        self.column.configure(inputs, self.column.kernel, bias=bias)
        self.row.configure(inputs, self.row.kernel, bias=bias)
        self.local.configure(inputs, (kernel, kernel), bias=bias)
        self.project.configure(inputs, outputs, bias=bias)

    def resize(self, side: int) -> None:
        self.column.kernel, self.row.kernel = self._kernels(side)

    def _kernels(self, side: int) -> tuple[Pair, Pair]:
        """Return the kernels of columns and of rows."""
        return (1 if self.sequence else 2 * side - 1, 1), (1, 2 * side - 1)

    def forward(self, x: Tensor) -> Tensor:
        features, y = self.expand(x).chunk(2, dim=1)
        y = self.activation(y)
        return self.project(features * (self.row(self.column(y)) + self.local(y)))


MODULE = OversizedConv
