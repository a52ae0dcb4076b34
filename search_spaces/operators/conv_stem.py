"""Two 3 x 3 convolutions from the image to the first stage."""

from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="conv_stem",
    slots=("stem",),
    summary="Two 3 x 3 convolutions (half width, full width), each with a norm, GELU between them.",
    paper="Ding et al., UniRepLKNet, CVPR 2024, arXiv:2311.15599",
    parameters=(
        Parameter(
            "stride",
            "pixels per output position; 2 leaves the second convolution at stride 1",
            values=(1, 2, 4),
        ),
        Parameter("norm", "after each convolution", values=("batch_norm", "layer_norm")),
    ),
)
