"""Pooling, then a 1 x 1 convolution to the new width."""

from search_spaces.operators._common import activation, norm
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="pool_down",
    slots=("downsample",),
    summary="Max- or average pooling at the stride, 1 x 1 convolution (with a bias unless a norm follows), activation.",
    paper="Huang et al., Densely Connected Convolutional Networks, CVPR 2017, arXiv:1608.06993",
    parameters=(
        Parameter("pool", "what a window becomes", values=("max", "average"), default="max"),
        Parameter("kernel", "side of the window in pixels", values=(2, 3, 5, 7), default=3),
        norm("after the convolution"),
        activation("at the end", default="none"),
    ),
    elastic=("pool", "kernel", "norm", "activation"),
)
