"""Efficient channel attention."""

from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="eca",
    slots=("gate",),
    summary="Global average pooling, one 1-D convolution across channels, sigmoid, channel-wise product.",
    paper="Wang et al., ECA-Net, CVPR 2020, arXiv:1910.03151",
    parameters=(Parameter("kernel", "taps of the convolution over channels", low=1, high=15, odd=True),),
    elastic=("kernel",),
)
