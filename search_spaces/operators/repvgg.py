"""3 x 3, 1 x 1 and identity branches in training, one convolution when deployed."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation
from search_spaces.operators._conv_block import KERNEL_FITS, kernel
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="repvgg",
    slots=("mixer", "channel_mixer", "downsample"),
    summary="Sum of a k x k and a 1 x 1 convolution and (at an unchanged shape) the input, each with BatchNorm.",
    paper="Ding et al., RepVGG: Making VGG-style ConvNets Great Again, CVPR 2021, arXiv:2101.03697",
    parameters=(
        kernel(),
        activation("of the sum", default="relu"),
        Parameter("groups", "of both convolutions; 1 in a downsampling", low=1, high=64, default=1),
    ),
    legal=(KERNEL_FITS, Expression("width % groups == 0"), Expression("groups == 1 or slot != 'downsample'")),
    elastic=("kernel", "activation", "groups"),
    merges=True,
)
