"""Strided convolution beside a shortcut without weights."""

from search_spaces.operators._common import norm
from search_spaces.operators._conv_block import KERNEL_FITS, kernel
from search_spaces.operators._words import Operator

WORDS = Operator(
    name="residual_down",
    slots=("downsample",),
    summary="k x k convolution of the normalised input at the stride, plus the pooled input, zeros as new channels.",
    paper="Liao et al., Searching for Efficient Multi-Stage Vision Transformers, arXiv:2109.00642",
    parameters=(kernel(), norm("before the convolution", default="layer_norm", name="before")),
    legal=(KERNEL_FITS,),
    elastic=("kernel", "before"),
)
