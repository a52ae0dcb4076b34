"""Several convolutions of one input, summed with weights from all of them."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="split_attention",
    slots=("mixer", "gate"),
    summary="A grouped k x k convolution to radix splits; softmax weights over the splits for each channel; their sum.",
    paper="Zhang et al., ResNeSt, CVPR Workshops 2022, arXiv:2004.08955",
    parameters=(
        Parameter("radix", "splits; with 1 the weights are sigmoids", low=1, high=4, default=2),
        Parameter("kernel", "side of the kernel in taps", low=1, high=9, odd=True, default=3),
        Parameter(
            "reduction", "hidden channels are radix * width // reduction, at least 32", low=1, high=16, default=4
        ),
    ),
    legal=(Expression("kernel <= 2 * side - 1"), Expression("width % radix == 0")),
    elastic=("kernel", "reduction"),
    merges=True,
)
