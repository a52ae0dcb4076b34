"""One convolution from the image to the first stage."""

from search_spaces.operators._common import activation, bias, convolved, norm, padding, stem_width
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="patch_stem",
    slots=("stem",),
    summary="One k x k convolution at the stem's stride, norm, activation; patches where k = stride, unpadded.",
    paper="Liu et al., A ConvNet for the 2020s, CVPR 2022, arXiv:2201.03545",
    parameters=(
        Parameter("stride", "pixels per output position", low=1, high=32),
        Parameter("kernel", "side of the kernel in pixels", low=1, high=32),
        padding(),
        norm("after the convolution", default="none"),
        activation("after the norm", default="none"),
        bias("of the convolution", default=True),
        Parameter("norm_bias", "bias of the norm", values=(False, True), default=True),
        Parameter("norm_last", "the norm stands after the activation", values=(False, True), default=False),
        stem_width(),
    ),
    reduced=convolved,
)
