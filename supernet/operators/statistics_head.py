"""Mean and deviation over positions, embedding, classifier (arXiv:1803.10963, 2103.13581)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import fusion

from search_spaces import OpConfig
from supernet.convnorm import ConvNorm
from supernet.deploy import merge
from supernet.elastic import ElasticLinear
from supernet.operators._module import OperatorModule, Place

_LEAST_VARIANCE = 1e-9


class StatisticsHead(OperatorModule):
    """[N, width, 1, T] (or [N, width, S, S]) to logits [N, classes].

    The attention gives every position of every channel a weight; without it all weigh the same.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        (config,) = configs
        features, hidden, embedding = config["features"], config["attention"], config["embedding"]
        self.conv: Any = ConvNorm(place.inputs, features, 1, activation=config["activation"])
        self.score = (
            nn.Sequential(nn.Conv2d(features, hidden, 1), nn.Tanh(), nn.Conv2d(hidden, features, 1)) if hidden else None
        )
        self.norm = nn.BatchNorm1d(2 * features)
        self.embed = nn.Linear(2 * features, embedding)
        self.embedding_norm: nn.Module = nn.BatchNorm1d(embedding)
        self.linear = ElasticLinear(embedding, place.outputs)
        self.features = features

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.conv.configure(inputs, self.features)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        weights = None if self.score is None else self.score(x).flatten(2).softmax(2)
        pooled = self.norm(statistics(x.flatten(2), weights))
        return self.linear(self.embedding_norm(self.embed(pooled)))

    def merged(self) -> nn.Module:
        """Return the head with the norm of the embedding folded into the layer before it."""
        self.conv = nn.Sequential(*merge(self.conv))
        norm: Any = self.embedding_norm
        self.embed = fusion.fuse_linear_bn_eval(self.embed, norm)
        self.embedding_norm = nn.Identity()
        return self


def statistics(x: Tensor, weights: Tensor | None) -> Tensor:
    """Return mean and standard deviation of each row, [N, 2 C], of x [N, C, T] weighted by rows that sum to one."""
    if weights is None:
        weights = torch.full_like(x, 1 / x.shape[2])
    mean = (weights * x).sum(2, keepdim=True)
    variance = (weights * (x - mean).square()).sum(2)
    return torch.cat((mean.squeeze(2), variance.clamp_min(_LEAST_VARIANCE).sqrt()), 1)


MODULE = StatisticsHead
