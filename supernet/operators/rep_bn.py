"""Batch normalisation plus a learned share of its input (arXiv:2405.11582)."""

from __future__ import annotations

from typing import Any

from torch import nn

from supernet.norms import ElasticRepBatchNorm2d
from supernet.operators._norm import NormModule


class RepBatchNorm(NormModule):
    """BatchNorm(x) + share * x; one BatchNorm when merged."""

    @staticmethod
    def make(channels: int) -> ElasticRepBatchNorm2d:
        return ElasticRepBatchNorm2d(channels)

    def merged(self) -> nn.Module:
        norm: Any = self.norm
        return norm.merged()


MODULE = RepBatchNorm
