"""Every square of pixels becomes channels, then a convolution at stride 1."""

from search_spaces.operators._common import activation, norm
from search_spaces.operators._conv_block import KERNEL_FITS, kernel
from search_spaces.operators._words import Operator

WORDS = Operator(
    name="space_to_depth",
    slots=("downsample",),
    summary="Pixels of a square become channels, then a k x k convolution (with a bias unless a norm follows).",
    paper="Sunkara and Luo, No More Strided Convolutions or Pooling, ECML 2022, arXiv:2208.03641",
    parameters=(kernel(), norm("after the convolution"), activation("at the end", default="none")),
    legal=(KERNEL_FITS,),
    elastic=("kernel", "norm", "activation"),
)
