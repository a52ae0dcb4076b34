"""The first convolution of RepVGG: 3 x 3 and 1 x 1 branches in training, one convolution when deployed."""

from search_spaces.operators._common import activation, stem_width
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="repvgg_stem",
    slots=("stem",),
    summary="Sum of a dense k x k and a 1 x 1 convolution at the stem's stride, each with BatchNorm.",
    paper="Ding et al., RepVGG: Making VGG-style ConvNets Great Again, CVPR 2021, arXiv:2101.03697",
    parameters=(
        Parameter("stride", "pixels per output position", low=1, high=4, default=2),
        Parameter("kernel", "side of the kernel in pixels", low=1, high=15, odd=True, default=3),
        activation("of the sum", default="relu"),
        stem_width(),
    ),
    merges=True,
)
