"""Normalisation and activation in one, by statistics of groups of channels (arXiv:2004.02967)."""

from __future__ import annotations

from typing import Any

from supernet.norms import ElasticEvoNormS0
from supernet.operators._norm import NormModule


class EvoNormS0(NormModule):
    """The same for an image alone as in a batch."""

    @staticmethod
    def make(channels: int, **params: Any) -> ElasticEvoNormS0:
        return ElasticEvoNormS0(channels, params["groups"])


MODULE = EvoNormS0
