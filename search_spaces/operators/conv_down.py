"""One 3 x 3 convolution between two stages."""

from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="conv_down",
    slot="downsample",
    summary="3 x 3 convolution with the stride of the stage, then a norm.",
    paper="Ding et al., UniRepLKNet, CVPR 2024, arXiv:2311.15599",
    parameters=(Parameter("norm", "after the convolution", values=("batch_norm", "layer_norm")),),
)
