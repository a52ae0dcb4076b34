"""One convolution between two stages."""

from search_spaces.operators._common import bias, convolved, norm, padding
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="conv_down",
    slots=("downsample",),
    summary="Convolution with the stride of the stage, a norm before or after; kernel 2 unpadded is patch merging.",
    paper="Ding et al., UniRepLKNet, arXiv:2311.15599; patches: Liu et al., ConvNeXt, arXiv:2201.03545",
    parameters=(
        Parameter("kernel", "side of the kernel in taps", low=1, high=7, default=3),
        norm("before the convolution", default="none", name="before"),
        norm("after the convolution", default="none"),
        padding(),
        bias("of the convolution", default=True),
        Parameter("norm_bias", "bias of the norms", values=(False, True), default=True),
    ),
    reduced=convolved,
)
