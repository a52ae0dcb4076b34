"""Focal modulation: gated context of several reaches multiplies the query."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="focal_modulation",
    slots=("mixer",),
    summary="Cascaded depthwise convolutions and the global mean, weighted per position, multiply a query.",
    paper="Yang et al., Focal Modulation Networks, NeurIPS 2022, arXiv:2203.11926",
    parameters=(
        Parameter("levels", "depthwise convolutions in a row; the global mean is one more context", low=1, high=4),
        Parameter("window", "side of the first kernel; each level adds 2", low=3, high=15, odd=True, default=3),
    ),
    legal=(Expression("window + 2 * (levels - 1) <= 2 * side - 1"),),
    elastic=("levels", "window"),
)
