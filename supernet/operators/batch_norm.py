"""Batch normalisation (arXiv:1502.03167)."""

from __future__ import annotations

from supernet.elastic import ElasticBatchNorm2d
from supernet.operators._norm import NormModule


class BatchNorm(NormModule):
    """Per-channel normalisation by batch statistics in training, by running ones in evaluation."""

    masks = frozenset({"width"})

    @staticmethod
    def make(channels: int) -> ElasticBatchNorm2d:
        return ElasticBatchNorm2d(channels)


MODULE = BatchNorm
