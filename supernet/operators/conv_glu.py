"""Gated linear unit with a depthwise convolution on the gate (arXiv:2311.17132)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from search_spaces import OpConfig
from supernet.elastic import ElasticConv2d, ElasticDepthwiseConv2d
from supernet.operators._hidden import HiddenChannels, hidden_channels
from supernet.operators._module import OperatorModule, Place
from supernet.parallel import ParallelConvs
from supernet.parts import activations


class ConvGLU(OperatorModule):
    """project(activation(depthwise(gate(x))) * value(x)) of maps [N, width, H, W]."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width, hidden = place.inputs, max(_hidden(config, place.inputs) for config in configs)
        kernel = max(config["kernel"] for config in configs)
        self.expand = ParallelConvs(width, (hidden, hidden), bias=True)
        self.depthwise = ElasticDepthwiseConv2d(hidden, (kernel, kernel), bias=True)
        self.activation = activations(configs)
        self.project = ElasticConv2d(hidden, width)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        hidden = _hidden(config, inputs)
        self.expand.configure(inputs, (hidden, hidden), bias=True)
        self.depthwise.configure(hidden, (config["kernel"],) * 2)
        self.activation.configure(config["activation"])
        self.project.configure(hidden, outputs)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.expand(x)
        return self.project(self.activation(self.depthwise(gate)) * value)

    def hidden_channels(self) -> HiddenChannels:
        return hidden_channels(self.project, self.expand, self.depthwise)


def _hidden(config: OpConfig, width: int) -> int:
    return int(width * config["expansion"]) * 2 // 3


MODULE = ConvGLU
