"""Inverted residual: expand, depthwise convolution, linear projection."""

from search_spaces.operators._conv_block import KERNEL_FITS, expansion, kernel, mobile
from search_spaces.operators._words import Operator

WORDS = Operator(
    name="inverted_bottleneck",
    slots=("channel_mixer", "downsample"),
    summary="1 x 1 expand, depthwise k x k at the stride, SE, linear 1 x 1 project; BatchNorm after each.",
    paper="Sandler et al., MobileNetV2, CVPR 2018, arXiv:1801.04381; SE: Tan and Le, EfficientNet, arXiv:1905.11946",
    parameters=(expansion(6), kernel(), *mobile()),
    legal=(KERNEL_FITS,),
    elastic=("expansion", "kernel", "se", "activation"),
    merges=True,
)
