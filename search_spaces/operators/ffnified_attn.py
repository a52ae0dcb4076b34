"""Attention rewritten as two depthwise convolutions over space."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation, branch
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="ffnified_attn",
    slots=("mixer",),
    summary="1 x 1 convolution with BatchNorm, depthwise k1 x k1, activation, depthwise k2 x k2.",
    paper="Yun et al., MetaMixer Is All You Need, arXiv:2406.02021",
    parameters=(
        Parameter("k1", "side of the first depthwise kernel (queries meet keys)", low=3, high=31, odd=True),
        Parameter("k2", "side of the second depthwise kernel (weights meet values)", low=3, high=31, odd=True),
        branch("beside each depthwise kernel, both with BatchNorm; 0 for one kernel with a bias", default=0),
        activation("between the two, in the place of the softmax"),
    ),
    legal=(
        Expression("k1 <= 2 * side - 1"),
        Expression("k2 <= 2 * side - 1"),
        Expression("branch == 0 or branch < k1 and branch < k2"),
    ),
    elastic=("k1", "k2", "branch", "activation"),
    merges=True,
)
