"""A large kernel looks, a small kernel made from what it saw mixes."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="ls_conv",
    slots=("mixer",),
    summary="A large depthwise kernel between 1 x 1 convolutions makes a small one for each position and group.",
    paper="Wang et al., LSNet: See Large, Focus Small, CVPR 2025, arXiv:2503.23135",
    parameters=(
        Parameter("large", "side of the depthwise kernel that looks", low=3, high=31, odd=True, default=7),
        Parameter("small", "side of the kernels that mix", low=3, high=7, odd=True, default=3),
        Parameter("group", "neighbouring channels that share a kernel", values=(1, 2, 4, 8, 16, 32), default=8),
    ),
    legal=(
        Expression("large <= 2 * side - 1"),
        Expression("small <= 2 * side - 1"),
        Expression("width % group == 0"),
        Expression("width >= 2"),
    ),
    elastic=("large", "small", "group"),
    merges=True,
)
