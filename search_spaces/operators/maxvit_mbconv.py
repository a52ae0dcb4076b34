"""Inverted residual with the norm before it, as MaxViT and CoAtNet have it."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="maxvit_mbconv",
    slots=("downsample", "mixer"),
    summary="BatchNorm, 1 x 1 expand, depthwise k x k at the stride, squeeze-and-excitation, 1 x 1 project, and a "
    "shortcut: average pooling at the stride and, for other channels, a 1 x 1 convolution.",
    paper="Tu et al., MaxViT, ECCV 2022, arXiv:2204.01697; Dai et al., CoAtNet, arXiv:2106.04803",
    parameters=(
        Parameter("kernel", "side of the depthwise kernel in taps", low=3, high=31, odd=True, default=3),
        Parameter("expansion", "hidden channels / channels that leave", low=0.25, high=16, integer=False, default=4),
        Parameter("reduction", "the excitation has width // reduction channels inside", low=1, high=64, default=4),
        activation("after the first two convolutions", default="gelu_tanh"),
    ),
    legal=(Expression("kernel <= 2 * side - 1"), Expression("reduction <= width")),
    elastic=("kernel", "expansion", "reduction", "activation"),
    merges=True,
)
