"""Depthwise convolution with a shortcut of its own (arXiv:2201.09792)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.deploy import Residual, fold_norms, merge
from supernet.elastic import ElasticBatchNorm2d, ElasticDepthwiseConv2d
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations


class ResidualDepthwiseConv(OperatorModule):
    """x + norm(activation(conv(x))); smaller kernels are the centre of the largest."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        reach = max(config["kernel"] for config in configs)
        self.conv = ElasticDepthwiseConv2d(place.inputs, (reach, reach), any(config["bias"] for config in configs))
        self.activation = activations(configs)
        self.norm = ElasticBatchNorm2d(place.inputs)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.conv.configure(inputs, (config["kernel"],) * 2, bias=config["bias"])
        self.activation.configure(config["activation"])
        self.norm.channels = inputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.norm(self.activation(self.conv(x)))

    def merged(self) -> nn.Module:
        """Return the residual branch; BatchNorm folds where no activation stands before it."""
        parts = (self.conv, self.activation, self.norm)
        return Residual(None, *fold_norms([layer for part in parts for layer in merge(part)]))


MODULE = ResidualDepthwiseConv
