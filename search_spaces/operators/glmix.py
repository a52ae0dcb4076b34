"""Convolution on the map in parallel with attention between a few slots."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="glmix",
    slots=("mixer",),
    summary="1 x 1, depthwise k x k, 1 x 1 on the map, plus attention between slots that gather positions.",
    paper="Zhu et al., Revisiting the Integration of Convolution and Attention for Vision Backbone, arXiv:2411.14429",
    parameters=(
        Parameter(
            "slots",
            "number of slots, which start as means over a square grid",
            values=(4, 9, 16, 25, 36, 49, 64, 81, 100, 121, 144),
            default=64,
        ),
        Parameter("kernel", "side of the depthwise kernel in taps", low=3, high=31, odd=True, default=5),
        Parameter("head_width", "channels of a head", values=(8, 12, 16, 24, 32, 48, 64), default=32),
    ),
    legal=(
        Expression("slots <= side * side"),
        Expression("kernel <= 2 * side - 1"),
        Expression("width % head_width == 0"),
    ),
    elastic=("slots", "kernel", "head_width"),
    merges=True,
)
