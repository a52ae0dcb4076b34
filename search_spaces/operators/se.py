"""Squeeze-and-excitation channel attention."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="se",
    slots=("gate",),
    summary="Global average pooling, two 1 x 1 convolutions with a bottleneck, sigmoid, channel-wise product.",
    paper="Hu et al., Squeeze-and-Excitation Networks, CVPR 2018, arXiv:1709.01507",
    parameters=(Parameter("reduction", "the bottleneck has width // reduction channels", low=1, high=32),),
    legal=(Expression("reduction <= width"),),
    elastic=("reduction",),
)
