"""Dense convolution whose weight is a sum of Kronecker products."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

ALGEBRA = Parameter(
    "n", "dimension of the algebra: a weight has 1 / n of the parameters", values=(1, 2, 4, 8), default=4
)

WORDS = Operator(
    name="phc_conv",
    slots=("mixer",),
    summary="k x k convolution; its weight is a sum of n Kronecker products of learned algebras and filters.",
    paper="Grassucci et al., PHNNs: Parameterized Hypercomplex Convolutions, arXiv:2110.04176",
    parameters=(Parameter("kernel", "side of the kernel in taps", low=1, high=15, odd=True, default=3), ALGEBRA),
    legal=(Expression("kernel <= 2 * side - 1"), Expression("width % n == 0")),
    elastic=("kernel",),
    merges=True,
)
