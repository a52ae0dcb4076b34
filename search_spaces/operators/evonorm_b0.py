"""Normalisation and activation in one, by statistics of the batch and of the image."""

from search_spaces.operators._words import Operator

WORDS = Operator(
    name="evonorm_b0",
    slots=("norm",),
    summary="x / max(batch deviation, learned factor * x + deviation within the image), then learned factor and bias.",
    paper="Liu et al., Evolving Normalization-Activation Layers, NeurIPS 2020, arXiv:2004.02967",
)
