"""Batch normalisation (arXiv:1502.03167)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.elastic import ElasticBatchNorm2d
from supernet.operators._module import OperatorModule


class BatchNorm(OperatorModule):
    """Per-channel normalisation by batch statistics in training, by running ones in evaluation."""

    def __init__(self, width: int, configs: Sequence[OpConfig]):
        super().__init__(width, configs)
        self.norm = ElasticBatchNorm2d(width)

    def configure(self, config: OpConfig, width: int) -> None:
        self.norm.channels = width

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x)

    def merged(self) -> nn.Module:
        return self.norm


MODULE = BatchNorm
