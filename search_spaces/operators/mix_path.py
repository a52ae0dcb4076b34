"""One to four depthwise convolutions of different kernels, summed."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation
from search_spaces.operators._words import Operator, Parameter

KERNELS = (3, 5, 7, 9)

WORDS = Operator(
    name="mix_path",
    slots=("mixer",),
    summary="Sum of the chosen depthwise convolutions, each with BatchNorm; one more BatchNorm after the sum, "
    "of its own for each number of summands.",
    paper="Chu et al., MixPath, ICCV 2023, arXiv:2001.05887",
    parameters=(
        *(
            Parameter(f"kernel_{k}", f"whether the {k} x {k} convolution is one of them", values=(True, False))
            for k in KERNELS
        ),
        activation("of each convolution, after its BatchNorm; without one they merge into one kernel", default="none"),
    ),
    legal=(
        Expression(" or ".join(f"kernel_{k}" for k in KERNELS)),
        *(Expression(f"not kernel_{k} or {k} <= 2 * side - 1") for k in KERNELS),
    ),
    elastic=(*(f"kernel_{k}" for k in KERNELS), "activation"),
    merges=True,
)
