"""Mixing of positions by a random matrix that is never trained: a control mixer."""

from search_spaces.operators._words import Operator

WORDS = Operator(
    name="random_mixing",
    slots=("mixer",),
    summary="Each position becomes a fixed random mean of all positions; the matrix is drawn once and never trained.",
    paper="Yu et al., MetaFormer Baselines for Vision, TPAMI 2024, arXiv:2210.13452",
)
