"""Batch normalisation plus a learned share of its input."""

from search_spaces.operators._words import Operator

WORDS = Operator(
    name="rep_bn",
    slots=("norm",),
    summary="BatchNorm(x) + a learned number times x, early in training a LayerNorm; one BatchNorm when deployed.",
    paper="Guo et al., SLAB, ICML 2024, arXiv:2405.11582",
    merges=True,
)
