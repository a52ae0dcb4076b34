"""Depthwise convolution with elastic kernel and dilation."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import bias
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="dw_conv",
    slots=("mixer", "position"),
    summary="One depthwise k x k convolution with dilation d; every (k, d) reads the same dense kernel.",
    paper="Ding et al., UniRepLKNet, CVPR 2024, arXiv:2311.15599",
    parameters=(
        Parameter("kernel", "side of the kernel in taps", low=3, high=63, odd=True),
        Parameter("dilation", "distance between taps in pixels", low=1, high=31, default=1),
        bias("of the convolution", default=False),
    ),
    # A tap further out than side - 1 pixels never meets the image.
    legal=(Expression("(kernel - 1) * dilation <= 2 * side - 2"),),
    elastic=("kernel", "dilation"),
)
