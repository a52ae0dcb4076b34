"""3 x 3, 1 x 1 and identity branches in training, one convolution when deployed."""

from search_spaces.operators._common import activation
from search_spaces.operators._conv_block import KERNEL_FITS, kernel
from search_spaces.operators._words import Operator

WORDS = Operator(
    name="repvgg",
    slots=("mixer", "channel_mixer", "downsample"),
    summary="Sum of a dense k x k and a 1 x 1 convolution and (at an unchanged shape) the input, each with BatchNorm.",
    paper="Ding et al., RepVGG: Making VGG-style ConvNets Great Again, CVPR 2021, arXiv:2101.03697",
    parameters=(kernel(), activation("of the sum", default="relu")),
    legal=(KERNEL_FITS,),
    elastic=("kernel", "activation"),
    merges=True,
)
