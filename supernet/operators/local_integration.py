"""Pointwise, depthwise, pointwise convolution (arXiv:2408.03703)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.convnorm import ConvNorm
from supernet.deploy import merge
from supernet.elastic import ElasticConv2d, ElasticDepthwiseConv2d
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations


class LocalIntegration(OperatorModule):
    """Expand [N, width, H, W], normalise, convolve each channel, activate, project."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        hidden = max(int(place.inputs * config["expansion"]) for config in configs)
        kernel = max(config["kernel"] for config in configs)
        self.expand = ConvNorm(place.inputs, hidden, 1, norm="batch_norm")
        self.depthwise = ElasticDepthwiseConv2d(hidden, (kernel, kernel), bias=True)
        self.activation = activations(configs)
        self.project = ElasticConv2d(hidden, place.outputs)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        hidden = int(inputs * config["expansion"])
        self.expand.configure(inputs, hidden)
        self.depthwise.configure(hidden, (config["kernel"],) * 2)
        self.activation.configure(config["activation"])
        self.project.configure(hidden, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.project(self.activation(self.depthwise(self.expand(x))))

    def merged(self) -> nn.Module:
        """Return the layers with BatchNorm folded."""
        return nn.Sequential(*merge(self.expand), self.depthwise, self.activation, self.project)


MODULE = LocalIntegration
