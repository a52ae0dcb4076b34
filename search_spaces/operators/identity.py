"""No mixing of positions: the control that every other mixer must beat."""

from search_spaces.operators._words import Operator

WORDS = Operator(
    name="identity",
    slots=("mixer",),
    summary="Passes its input on; what a network reaches without mixing positions in this block.",
    paper="Yu et al., MetaFormer Baselines for Vision, TPAMI 2024, arXiv:2210.13452",
)
