"""Inverted residual whose expansion and depthwise convolution are one dense convolution."""

from search_spaces.operators._conv_block import KERNEL_FITS, expansion, kernel, mobile
from search_spaces.operators._words import Operator

WORDS = Operator(
    name="fused_inverted_bottleneck",
    slots=("channel_mixer", "downsample"),
    summary="Dense k x k expand at the stride, SE, linear 1 x 1 project; BatchNorm after each.",
    paper="Xiong et al., MobileDets, CVPR 2021, arXiv:2004.14525",
    parameters=(expansion(4), kernel(), *mobile()),
    legal=(KERNEL_FITS,),
    elastic=("expansion", "kernel", "se", "activation"),
    merges=True,
)
