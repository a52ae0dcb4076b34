"""Recursive gated convolution: interactions of order n between positions."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

HIGHEST = 6  # order
# The list of an order n is width, width / 2, ..., width / 2^(n - 1) channels.
_LIST = tuple(Expression(f"order < {n} or width % {2 ** (n - 1)} == 0") for n in range(2, HIGHEST + 1))
# A global filter takes one half of the list's channels.
_HALVES = tuple(Expression(f"kernel > 0 or order < {n} or width % {2**n} == 0") for n in range(1, HIGHEST + 1))

WORDS = Operator(
    name="gnconv",
    slots=("mixer",),
    summary="One depthwise convolution over channel groups of doubling width, multiplied together step by step.",
    paper="Rao et al., HorNet, NeurIPS 2022, arXiv:2207.14284",
    parameters=(
        Parameter("order", "products in a row", low=1, high=HIGHEST),
        Parameter(
            "kernel",
            "side of the depthwise kernel in taps; 0 for a global Fourier filter on one half of the channels and "
            "3 x 3 on the other",
            values=(0, *range(3, 33, 2)),
            default=7,
        ),
    ),
    legal=(Expression("kernel <= 2 * side - 1"), *_LIST, *_HALVES),
    elastic=("order", "kernel"),
)
