"""Inverted separable convolution (arXiv:2210.13452)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.elastic import ElasticConv2d, ElasticDepthwiseConv2d
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations


class SeparableConv(OperatorModule):
    """Expand [N, width, H, W] to the hidden channels, activate, convolve each with its own kernel, project."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width, bias = place.inputs, any(config["bias"] for config in configs)
        hidden = max(int(width * config["expansion"]) for config in configs)
        kernel = max(config["kernel"] for config in configs)
        self.expand = ElasticConv2d(width, hidden, bias=bias)
        self.activation = activations(configs)
        self.depthwise = ElasticDepthwiseConv2d(hidden, (kernel, kernel), bias)
        self.project = ElasticConv2d(hidden, width, bias=bias)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        hidden, kernel, bias = int(inputs * config["expansion"]), config["kernel"], config["bias"]
        self.expand.configure(inputs, hidden, bias=bias)
        self.activation.configure(config["activation"])
        self.depthwise.configure(hidden, (kernel, kernel), bias=bias)
        self.project.configure(hidden, outputs, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.project(self.depthwise(self.activation(self.expand(x))))

    def merged(self) -> nn.Module:
        """Return the layers in a row: a layer scale after them then folds into the last one."""
        return nn.Sequential(self.expand, self.activation, self.depthwise, self.project)


MODULE = SeparableConv
