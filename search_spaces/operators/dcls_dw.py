"""Depthwise convolution whose taps have learned positions."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import bias
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="dcls_dw",
    slots=("mixer",),
    summary="Few weights at learned real positions of a large grid; one depthwise k x k kernel when deployed.",
    paper="Hassani et al., Dilated Convolution with Learnable Spacings, ICLR 2023, arXiv:2112.03740; arXiv:2306.00817",
    parameters=(
        Parameter("kernel", "side of the grid in taps", low=3, high=63, odd=True),
        Parameter("elements", "weights of each channel", low=1, high=256),
        Parameter(
            "interpolation",
            "how a weight between taps is spread: over its 4 neighbours, or as a Gaussian of learned width",
            values=("bilinear", "gaussian"),
            default="bilinear",
        ),
        bias("of the convolution", default=True),
    ),
    legal=(Expression("kernel <= 2 * side - 1"), Expression("elements <= kernel * kernel")),
    elastic=("kernel", "elements", "interpolation"),
    merges=True,
)
