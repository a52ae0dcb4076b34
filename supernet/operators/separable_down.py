"""Depthwise and 1 x 1 convolution between two stages (arXiv:1704.04861)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.branches import DepthwiseBranches
from supernet.convnorm import ConvNorm
from supernet.deploy import merge
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations


class SeparableDown(OperatorModule):
    """[N, inputs, S, S] to [N, inputs, S', S'] to [N, outputs, S', S']."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        kernel = max(config["kernel"] for config in configs)
        self.depthwise = DepthwiseBranches(place.inputs, place.inputs, kernel, stride=place.stride)
        self.activation = activations(configs)
        self.pointwise = ConvNorm(place.inputs, place.outputs, 1, norm="batch_norm", bias=False)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.depthwise.configure(inputs, inputs, config["kernel"])
        self.activation.configure(config["activation"])
        self.pointwise.configure(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.activation(self.depthwise(x)))

    def merged(self) -> nn.Module:
        """Return two convolutions with the activation between them."""
        parts = (self.depthwise, self.activation, self.pointwise)
        return nn.Sequential(*[layer for part in parts for layer in merge(part)])


MODULE = SeparableDown
