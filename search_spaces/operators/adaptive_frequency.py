"""A filter of the spectrum that the spectrum itself computes."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="adaptive_frequency",
    slots=("mixer",),
    summary="Fourier transform, times a mask from a block-diagonal complex MLP of itself, back, plus the input.",
    paper="Huang et al., Adaptive Frequency Filters As Efficient Global Token Mixers, ICCV 2023, arXiv:2307.14008",
    parameters=(
        Parameter("blocks", "blocks of the block-diagonal layers", values=(1, 2, 4, 8, 16), default=8),
        Parameter("threshold", "soft threshold of the mask's values", low=0, high=0.1, integer=False, default=0.01),
    ),
    legal=(Expression("width % blocks == 0"),),
    elastic=("blocks", "threshold"),
)
