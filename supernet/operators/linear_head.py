"""Mean over positions, LayerNorm, linear classifier (arXiv:2201.03545)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.elastic import ElasticLayerNorm, ElasticLinear


class LinearHead(nn.Module):
    """[N, width, S, S] to logits [N, classes]."""

    def __init__(self, width: int, classes: int, configs: Sequence[OpConfig]):
        super().__init__()
        self.norm = ElasticLayerNorm(width, spatial=False)
        self.linear = ElasticLinear(width, classes)

    def configure(self, config: OpConfig, width: int) -> None:
        self.norm.channels = width
        self.linear.inputs = width

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.norm(x.mean((2, 3))))


MODULE = LinearHead
