"""Depthwise convolution whose kernel is a mixture of experts, mixed anew for every image."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

EXPERTS = Parameter("experts", "kernels that are mixed; weights grow with them, MACs hardly", low=1, high=16)

WORDS = Operator(
    name="cond_conv",
    slots=("mixer",),
    summary="Depthwise k x k; its kernel is a sum of experts, weighted by a sigmoid of the pooled input.",
    paper="Yang et al., CondConv, NeurIPS 2019, arXiv:1904.04971",
    parameters=(Parameter("kernel", "side of the kernel in taps", low=3, high=7, odd=True, default=3), EXPERTS),
    legal=(Expression("kernel <= 2 * side - 1"),),
    elastic=("kernel", "experts"),
)
