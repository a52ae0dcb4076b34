"""A dense square kernel as a row and a column, one after the other."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="asym_conv",
    slots=("mixer",),
    summary="Dense 1 x k convolution, then k x 1, each with BatchNorm, an activation between them.",
    paper="Szegedy et al., Rethinking the Inception Architecture, arXiv:1512.00567; Inception-v4: arXiv:1602.07261",
    parameters=(
        Parameter("kernel", "length of both kernels in taps", low=3, high=31, odd=True, default=7),
        activation("between the two", default="relu"),
    ),
    legal=(Expression("kernel <= 2 * side - 1"),),
    elastic=("kernel", "activation"),
    merges=True,
)
