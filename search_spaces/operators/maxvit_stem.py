"""Two 3 x 3 convolutions of equal width."""

from search_spaces.operators._common import activation
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="maxvit_stem",
    slots=("stem",),
    summary="3 x 3 convolution at the stride, BatchNorm, activation, 3 x 3 convolution; padded like TensorFlow's SAME.",
    paper="Tu et al., MaxViT, ECCV 2022, arXiv:2204.01697; Dai et al., CoAtNet, arXiv:2106.04803",
    parameters=(
        Parameter("stride", "pixels per output position", values=(1, 2, 4), default=2),
        Parameter("width", "channels that leave it; 0 for those of the first stage", low=0, high=4096, default=0),
        activation("between the convolutions", default="gelu_tanh"),
    ),
    merges=True,
)
