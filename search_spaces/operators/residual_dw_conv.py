"""Depthwise convolution with a shortcut of its own."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation, bias
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="residual_dw_conv",
    slots=("mixer",),
    summary="x + BatchNorm(activation(depthwise k x k)): the mixer of plain blocks.",
    paper="Trockman and Kolter, Patches Are All You Need?, TMLR 2023, arXiv:2201.09792",
    parameters=(
        Parameter("kernel", "side of the kernel in taps", low=3, high=31, odd=True),
        activation("after the convolution"),
        bias("of the convolution", default=True),
    ),
    legal=(Expression("kernel <= 2 * side - 1"),),
    elastic=("kernel", "activation"),
)
