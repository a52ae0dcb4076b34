"""The first convolution of RepVGG (arXiv:2101.03697)."""

from __future__ import annotations

from supernet.operators.repvgg import RepVGG


class RepVGGStem(RepVGG):
    """[N, channels, R, R] to [N, width, R / stride, R / stride]; the place's stride is the stem's."""


MODULE = RepVGGStem
