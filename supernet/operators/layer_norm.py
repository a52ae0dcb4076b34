"""Layer normalisation over channels (arXiv:1607.06450)."""

from __future__ import annotations

from supernet.elastic import ElasticLayerNorm
from supernet.operators._norm import NormModule


class LayerNorm(NormModule):
    """Normalises the channels of each position of [N, C, H, W]."""

    @staticmethod
    def make(channels: int, **params: float) -> ElasticLayerNorm:
        return ElasticLayerNorm(channels, spatial=True, eps=params["eps"], bias=bool(params["bias"]))


MODULE = LayerNorm
