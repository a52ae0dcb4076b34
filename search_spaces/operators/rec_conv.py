"""Depthwise convolutions over a pyramid of halved maps."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import bias
from search_spaces.operators._pyramid import CAN_HALVE
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="rec_conv",
    slots=("mixer",),
    summary="Halve the map several times with one shared depthwise kernel, convolve each level, enlarge and add.",
    paper="Zhao et al., RecConv: Efficient Recursive Convolutions (RecNeXt), arXiv:2412.19628",
    parameters=(
        Parameter("kernel", "side of every depthwise kernel in taps", low=3, high=15, odd=True, default=5),
        Parameter("levels", "how often the map is halved; the kernel reaches 2^levels as far", low=1, high=5),
        bias("of the convolutions", default=False),
    ),
    legal=(
        Expression("kernel <= 2 * side - 1"),
        CAN_HALVE,
    ),
    elastic=("kernel", "levels"),
)
