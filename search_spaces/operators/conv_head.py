"""A 1 x 1 convolution to a width of its own, global average pooling, a linear classifier."""

from search_spaces.operators._common import activation
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="conv_head",
    slots=("head",),
    summary="1 x 1 convolution, BatchNorm, activation, mean over positions, one linear layer.",
    paper="Sandler et al., MobileNetV2, CVPR 2018, arXiv:1801.04381",
    parameters=(
        Parameter("features", "channels that the convolution leaves", low=1, high=16384, default=1280),
        activation("after the convolution", default="relu6"),
    ),
    merges=True,
)
