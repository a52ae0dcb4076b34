"""Normalisation over channels and positions together (arXiv:1803.08494)."""

from __future__ import annotations

from supernet.elastic import ElasticGroupNorm
from supernet.operators._norm import NormModule


class GroupNorm(NormModule):
    """Normalises all channels and positions of [N, C, H, W] together."""

    @staticmethod
    def make(channels: int, **params: float) -> ElasticGroupNorm:
        return ElasticGroupNorm(channels, eps=params["eps"], bias=bool(params["bias"]))


MODULE = GroupNorm
