"""One 1 x 1 convolution as channel mixer (arXiv:2201.09792)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.deploy import fold_norms, merge
from supernet.elastic import ElasticBatchNorm2d, ElasticConv2d
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations


class PointwiseConv(OperatorModule):
    """norm(activation(conv(x)))."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.conv = ElasticConv2d(place.inputs, place.outputs, bias=any(config["bias"] for config in configs))
        self.activation = activations(configs)
        self.norm = ElasticBatchNorm2d(place.outputs)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.conv.configure(inputs, outputs, bias=config["bias"])
        self.activation.configure(config["activation"])
        self.norm.channels = outputs

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.activation(self.conv(x)))

    def merged(self) -> nn.Module:
        """Return the layers; BatchNorm folds where no activation stands before it."""
        parts = (self.conv, self.activation, self.norm)
        return nn.Sequential(*fold_norms([layer for part in parts for layer in merge(part)]))


MODULE = PointwiseConv
