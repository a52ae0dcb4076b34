"""Grouped convolution over positions first, then expand and project."""

from search_spaces.expressions import Expression
from search_spaces.operators._conv_block import KERNEL_FITS, expansion, kernel, mobile
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="conv_first",
    slots=("channel_mixer",),
    summary="Grouped k x k, 1 x 1 expand, activation, linear 1 x 1 project; BatchNorm after each.",
    paper="Lavin, On the Efficiency of Convolutional Neural Networks, arXiv:2404.03617",
    parameters=(
        expansion(4),
        kernel(),
        Parameter("group_width", "channels of a group; 1 for a depthwise convolution", low=1, high=64, default=8),
        *mobile("silu"),
    ),
    legal=(KERNEL_FITS, Expression("width % group_width == 0")),
    elastic=("expansion", "kernel", "group_width", "se", "activation"),
    merges=True,
)
