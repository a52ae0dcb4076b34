"""Depthwise kernel with a smaller one and the identity beside it in training."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import branch
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="rep_dw",
    slots=("mixer",),
    summary="Depthwise k x k and a smaller depthwise kernel, each with BatchNorm, and the identity; merged into one.",
    paper="Ding et al., RepVGG, arXiv:2101.03697; depthwise: Wang et al., RepViT, arXiv:2307.09283",
    parameters=(
        Parameter("kernel", "side of the larger kernel in taps", low=3, high=31, odd=True, default=3),
        branch("beside it; 0 for none", default=1),
        Parameter("identity", "the input is added to the sum", values=(False, True), default=True),
    ),
    legal=(Expression("kernel <= 2 * side - 1"), Expression("branch < kernel")),
    elastic=("kernel", "branch", "identity"),
    merges=True,
)
