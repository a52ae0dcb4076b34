"""Normalisation and activation in one, by statistics of the batch and of the image (arXiv:2004.02967)."""

from __future__ import annotations

from supernet.norms import ElasticEvoNormB0
from supernet.operators._norm import NormModule


class EvoNormB0(NormModule):
    """Divides by the larger of the batch's deviation and an affine function of x."""

    @staticmethod
    def make(channels: int) -> ElasticEvoNormB0:
        return ElasticEvoNormB0(channels)


MODULE = EvoNormB0
