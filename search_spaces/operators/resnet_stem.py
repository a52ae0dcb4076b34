"""One large or three small convolutions from the image to the first stage, then max-pooling."""

from search_spaces.operators._common import activation, stem_width
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="resnet_stem",
    slots=("stem",),
    summary="k x k convolution (deep: three 3 x 3 ones of half, half and full width) with BatchNorm, then max-pooling.",
    paper="He et al., ResNet, arXiv:1512.03385; deep: He et al., Bag of Tricks, CVPR 2019, arXiv:1812.01187",
    parameters=(
        Parameter(
            "stride", "pixels per output position; half of it in the first convolution", values=(2, 4), default=4
        ),
        Parameter(
            "kernel", "side of the kernel of the one convolution that is not deep", low=3, high=15, odd=True, default=7
        ),  # fmt: skip
        Parameter("deep", "three convolutions instead of one", values=(False, True), default=False),
        Parameter(
            "pool",
            "3 x 3 max-pooling at stride 2; without it the last convolution has that stride",
            values=(False, True),
            default=True,
        ),
        activation("after every convolution", default="relu"),
        stem_width(),
    ),
    merges=True,
)
