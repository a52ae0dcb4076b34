"""Mean of the positions weighted by attention (arXiv:2104.05704)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from search_spaces import OpConfig
from supernet.elastic import ElasticConv2d, ElasticLayerNorm, ElasticLinear
from supernet.operators._module import OperatorModule, Place


class SequencePoolHead(OperatorModule):
    """[N, width, S, S] to logits [N, classes]."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        (config,) = configs
        self.norm = ElasticLayerNorm(place.inputs, spatial=True, eps=config["eps"])
        self.score = ElasticConv2d(place.inputs, 1)
        self.linear = ElasticLinear(place.inputs, place.outputs)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.norm.channels = inputs
        self.score.configure(inputs, 1)
        self.linear.inputs = inputs

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x)
        weights = self.score(x).flatten(2).softmax(-1)
        pooled = torch.bmm(weights, x.flatten(2).transpose(1, 2))
        return self.linear(pooled.flatten(1))


MODULE = SequencePoolHead
