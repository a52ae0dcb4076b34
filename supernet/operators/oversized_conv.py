"""Oversized axial convolution with a gate (ParCNetV2, arXiv:2211.07157)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from search_spaces import OpConfig
from supernet.elastic import ElasticConv2d, ElasticDepthwiseConv2d
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations
from supernet.segments import SegmentedConv2d


class OversizedConv(OperatorModule):
    """project(features * (row(column(y)) + local(y))), y = activation of the other half of the expansion.

    Column and row kernels have 2 side - 1 taps: with zeros around the map each position sees all of its column
    and row, each through weights of its own. On a map smaller than the place the outer taps meet only zeros.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width, bias = place.inputs, any(config["bias"] for config in configs)
        kernel, height = max(config["kernel"] for config in configs), 1 if place.sequence else place.side
        self.expand = SegmentedConv2d(width, (width, width))
        self.activation = activations(configs)
        self.column = ElasticDepthwiseConv2d(width, (2 * height - 1, 1), bias)
        self.row = ElasticDepthwiseConv2d(width, (1, 2 * place.side - 1), bias)
        self.local = ElasticDepthwiseConv2d(width, (kernel, kernel), bias)
        self.project = ElasticConv2d(width, width, bias=bias)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        bias, kernel = config["bias"], config["kernel"]
        self.expand.choose(inputs, (inputs, inputs))
        self.activation.configure(config["activation"])
        self.column.configure(inputs, self.column.reach, bias=bias)
        self.row.configure(inputs, self.row.reach, bias=bias)
        self.local.configure(inputs, (kernel, kernel), bias=bias)
        self.project.configure(inputs, outputs, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        features, y = self.expand(x).chunk(2, dim=1)
        y = self.activation(y)
        return self.project(features * (self.row(self.column(y)) + self.local(y)))


MODULE = OversizedConv
