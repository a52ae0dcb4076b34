"""Depthwise convolution whose kernel differs from position to position, equal for every image."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="tvconv",
    slots=("mixer",),
    summary="A small network makes a depthwise kernel for every position from learned maps; stored when deployed.",
    paper="Chen et al., TVConv: Efficient Translation Variant Convolution, CVPR 2022, arXiv:2203.10489",
    parameters=(
        Parameter("kernel", "side of the kernels in taps", low=3, high=7, odd=True, default=3),
        Parameter("maps", "learned maps of the side of the features", low=1, high=16, default=4),
        Parameter("hidden", "channels of the small network", low=4, high=64, default=16),
    ),
    legal=(Expression("kernel <= 2 * side - 1"),),
    elastic=("kernel", "maps", "hidden"),
    merges=True,
)
