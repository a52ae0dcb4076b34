"""Axial convolutions as long as twice the map, gated."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation, bias
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="oversized_conv",
    slots=("mixer",),
    summary="1 x 1 to two halves; (2 side - 1)-long column and row kernels plus k x k on one, times the other, 1 x 1.",
    paper="Xu et al., ParCNetV2, arXiv:2211.07157",
    parameters=(
        Parameter("kernel", "side of the local depthwise kernel in taps", low=3, high=15, odd=True, default=7),
        activation("of the half that is convolved"),
        bias("of all convolutions but the first, which has one", default=False),
    ),
    legal=(Expression("kernel <= 2 * side - 1"),),
    elastic=("kernel", "activation"),
)
