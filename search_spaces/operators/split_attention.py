"""Several convolutions of one input, summed with weights from all of them."""

from search_spaces.expressions import Expression
from search_spaces.operators._conv_block import KERNEL_FITS
from search_spaces.operators._split_attention import SPLITS
from search_spaces.operators._words import Operator

WORDS = Operator(
    name="split_attention",
    slots=("mixer", "gate"),
    summary="A grouped k x k convolution to radix splits; softmax weights over the splits for each channel; their sum.",
    paper="Zhang et al., ResNeSt, CVPR Workshops 2022, arXiv:2004.08955",
    parameters=SPLITS,
    legal=(KERNEL_FITS, Expression("width % (radix * groups) == 0")),
    elastic=("kernel", "groups", "reduction"),
    merges=True,
)
