"""A few 3 x 3 convolutions from the image to the first stage."""

from search_spaces.operators._common import activation, bias
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="conv_stem",
    slots=("stem",),
    summary="3 x 3 convolutions that double their channels, each with a norm, an activation between two of them.",
    paper="Ding et al., UniRepLKNet, CVPR 2024, arXiv:2311.15599; three, four: Graham et al., LeViT, arXiv:2104.01136",
    parameters=(
        Parameter(
            "stride",
            "pixels per output position: two convolutions up to 4, three for 8, four for 16; "
            "2 leaves the second one at stride 1",
            values=(1, 2, 4, 8, 16),
        ),
        Parameter("norm", "after each convolution", values=("batch_norm", "layer_norm")),
        activation("between two convolutions"),
        activation("at the end", default="none", name="last_activation"),
        bias("of the convolutions", default=True),
        Parameter("first", "channels of the first convolution; 0 for half of the next", low=0, high=4096, default=0),
    ),
)
