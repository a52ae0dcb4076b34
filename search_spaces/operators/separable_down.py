"""Depthwise and 1 x 1 convolution between two stages."""

from search_spaces.operators._common import activation
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="separable_down",
    slots=("downsample",),
    summary="Depthwise k x k at the stride of the stage, then a 1 x 1 convolution, each with BatchNorm.",
    paper="Howard et al., MobileNets, arXiv:1704.04861; Wang et al., LSNet, arXiv:2503.23135",
    parameters=(
        Parameter("kernel", "side of the depthwise kernel in taps", low=3, high=15, odd=True, default=3),
        activation("between the two", default="none"),
    ),
    merges=True,
)
