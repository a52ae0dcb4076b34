"""A 1 x 1 convolution, mean over positions, linear classifier (arXiv:1801.04381)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from search_spaces import OpConfig
from supernet.convnorm import ConvNorm
from supernet.elastic import ElasticLinear
from supernet.operators._module import OperatorModule, Place


class ConvHead(OperatorModule):
    """[N, width, S, S] to logits [N, classes]."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        (config,) = configs
        self.features = config["features"]
        self.conv = ConvNorm(
            place.inputs, self.features, 1, norm="batch_norm", activation=config["activation"], bias=False
        )
        self.linear = ElasticLinear(self.features, place.outputs)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.conv.configure(inputs, self.features)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.conv(x).mean((2, 3)))


MODULE = ConvHead
