"""One-shot aggregation: a chain of convolutions whose maps are all concatenated once, at the end."""

from collections.abc import Mapping

from search_spaces.operators._common import activation
from search_spaces.operators._conv_block import KERNEL_FITS, kernel
from search_spaces.operators._words import Operator, Parameter, Value


def pooled(side: int, stride: int, values: Mapping[str, Value]) -> int:
    """Return the side that 3 x 3 max-pooling leaves: the last window may hang over the edge."""
    return side if stride == 1 else -(-(side - 3) // stride) + 1


WORDS = Operator(
    name="osa",
    slots=("channel_mixer", "downsample"),
    summary="Max-pooling at the stride, dense convolutions in a chain, 1 x 1 over the input and all their maps.",
    paper="Lee et al., VoVNet, CVPRW 2019, arXiv:1904.09730; shortcut: Lee and Park, CenterMask, arXiv:1911.06667",
    parameters=(
        Parameter("convolutions", "in the chain", low=1, high=8, default=5),
        Parameter(
            "ratio",
            "channels of a convolution of the chain / width, rounded",
            low=0.0625,
            high=2,
            integer=False,
            default=0.5,
        ),  # fmt: skip
        kernel(),
        activation("after every convolution", default="relu"),
        Parameter("shortcut", "the input is added where its shape is kept", values=(False, True), default=False),
    ),
    legal=(KERNEL_FITS,),
    elastic=("convolutions", "ratio", "kernel", "activation"),
    merges=True,
    reduced=pooled,
)
