"""Channels split over identity, a small square and two band-shaped depthwise convolutions."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="inception_dw",
    slots=("mixer",),
    summary="Depthwise square, 1 x band and band x 1 on a share of the channels each, identity on the rest.",
    paper="Yu et al., InceptionNeXt, CVPR 2024, arXiv:2303.16900",
    parameters=(
        Parameter("band", "length of the two bands in taps", low=3, high=63, odd=True),
        Parameter("square", "side of the square kernel in taps", low=3, high=7, odd=True),
        Parameter(
            "ratio",
            "share of the channels of each of the three branches",
            low=0.0625,
            high=0.3125,
            integer=False,
        ),
    ),
    legal=(
        Expression("band <= 2 * side - 1"),
        Expression("square <= 2 * side - 1"),
        Expression("width * ratio >= 1"),
    ),
    elastic=("band", "square", "ratio"),
)
