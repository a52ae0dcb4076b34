"""Batch normalisation."""

from search_spaces.operators._words import Operator

WORDS = Operator(
    name="batch_norm",
    slots=("norm",),
    summary="Per-channel statistics over the batch; folds into the convolution before it when deployed.",
    paper="Ioffe and Szegedy, Batch Normalization, ICML 2015, arXiv:1502.03167",
    merges=True,
)
