"""Inverted separable convolution: the mixer of ConvFormer."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation, bias
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="sep_conv",
    slots=("mixer",),
    summary="1 x 1 expand, activation, depthwise k x k, 1 x 1 project.",
    paper="Yu et al., MetaFormer Baselines for Vision, TPAMI 2024, arXiv:2210.13452",
    parameters=(
        Parameter("kernel", "side of the depthwise kernel in taps", low=3, high=63, odd=True, default=7),
        Parameter("expansion", "hidden channels / width", low=0.25, high=8, integer=False, default=2),
        activation("after the expansion", default="star_relu"),
        bias("of the three convolutions", default=False),
    ),
    legal=(Expression("kernel <= 2 * side - 1"),),
    elastic=("kernel", "expansion", "activation"),
)
