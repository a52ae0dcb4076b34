"""Efficient local attention: one weight for each row and each column of a channel."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="ela",
    slots=("gate",),
    summary="Means along rows and columns, one 1-D convolution, group norm and sigmoid for both, product with x.",
    paper="Xu and Wan, ELA: Efficient Local Attention, arXiv:2403.01123",
    parameters=(
        Parameter("kernel", "taps of the 1-D convolution (published: 5 or 7)", low=3, high=15, odd=True),
        Parameter("mixed", "channels that a group of the convolution mixes (published: 1 or 8)", values=(1, 2, 4, 8)),
        Parameter("norm_groups", "groups of the norm (published: 16 or 32)", values=(1, 2, 4, 8, 16, 32), default=16),
    ),
    legal=(
        Expression("kernel <= 2 * side - 1"),
        Expression("width % mixed == 0"),
        Expression("width % norm_groups == 0"),
    ),
    elastic=("kernel", "mixed", "norm_groups"),
)
