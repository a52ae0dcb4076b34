"""Two dense convolutions around a shortcut."""

from search_spaces.operators._conv_block import KERNEL_FITS, kernel, residual
from search_spaces.operators._words import Operator

WORDS = Operator(
    name="basic_block",
    slots=("channel_mixer", "downsample"),
    summary="Two dense k x k convolutions (the first at the stride) with BatchNorm, a gate, a shortcut, an activation.",
    paper="He et al., Deep Residual Learning for Image Recognition, CVPR 2016, arXiv:1512.03385",
    parameters=(kernel(), *residual()),
    legal=(KERNEL_FITS,),
    elastic=("kernel", "activation", "reduction"),
    merges=True,
)
