"""Depthwise convolution whose kernel is interpolated from points that move."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="smp_conv",
    slots=("mixer",),
    summary="Depthwise kernel from points with learned positions and radii, plus a small one; merged into one.",
    paper="Kim et al., SMPConv, CVPR 2023, arXiv:2304.02330",
    parameters=(
        Parameter("kernel", "side of the kernel in taps", low=5, high=63, odd=True),
        Parameter("points", "points that all channels share (published: kernel^2 / 4)", low=1, high=1024),
        Parameter("small", "side of the parallel dense kernel; 0 for none", values=(0, 3, 5, 7), default=5),
    ),
    legal=(
        Expression("kernel <= 2 * side - 1"),
        Expression("points <= kernel * kernel"),
        Expression("small < kernel"),
    ),
    elastic=("kernel", "points", "small"),
    merges=True,
)
