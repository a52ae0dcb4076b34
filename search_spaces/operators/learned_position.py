"""A learned vector for every position."""

from search_spaces.operators._words import Operator

WORDS = Operator(
    name="learned_position",
    slots=("position",),
    summary="Adds a learned map of its own to every input; usual in the first block only.",
    paper="Dosovitskiy et al., An Image is Worth 16x16 Words, ICLR 2021, arXiv:2010.11929",
)
