"""Pointwise, depthwise, pointwise convolution: local mixing before or in place of attention."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="local_integration",
    slots=("position", "mixer"),
    summary="1 x 1 convolution, BatchNorm, depthwise k x k, activation, 1 x 1 convolution.",
    paper="Zhang et al., CAS-ViT, 2024, arXiv:2408.03703",
    parameters=(
        Parameter("kernel", "side of the depthwise kernel in taps", low=3, high=31, odd=True, default=3),
        Parameter("expansion", "hidden channels / width", low=0.25, high=8, integer=False, default=1),
        activation("after the depthwise convolution"),
    ),
    legal=(Expression("kernel <= 2 * side - 1"),),
    elastic=("kernel", "expansion", "activation"),
    merges=True,
)
