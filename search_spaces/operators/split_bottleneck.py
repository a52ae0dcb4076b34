"""Reduce, split attention, expand: the residual block of ResNeSt."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation
from search_spaces.operators._conv_block import KERNEL_FITS, closing, shortcut
from search_spaces.operators._split_attention import SPLITS
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="split_bottleneck",
    slots=("channel_mixer", "downsample"),
    summary="1 x 1 reduce, split attention, 1 x 1 expand, a shortcut; average pooling beside the attention strides.",
    paper="Zhang et al., ResNeSt, CVPR Workshops 2022, arXiv:2004.08955",
    parameters=(
        Parameter("ratio", "inner channels / width", low=0.0625, high=4, integer=False, default=0.25),
        *SPLITS,
        Parameter("pool_first", "average pooling before the attention, not after it", (False, True), default=False),
        activation("after the first convolution, of the splits and inside the attention", default="relu"),
        shortcut("pool"),
        closing("relu"),
    ),
    legal=(
        KERNEL_FITS,
        Expression("width * ratio % (radix * groups) == 0"),
        Expression("not pool_first or slot == 'downsample'"),
    ),
    elastic=("ratio", "kernel", "groups", "reduction", "activation"),
    merges=True,
)
