"""One 1 x 1 convolution as channel mixer."""

from search_spaces.operators._common import activation, bias
from search_spaces.operators._words import Operator

WORDS = Operator(
    name="pw_conv",
    slots=("channel_mixer",),
    summary="1 x 1 convolution, activation, BatchNorm.",
    paper="Trockman and Kolter, Patches Are All You Need?, TMLR 2023, arXiv:2201.09792",
    parameters=(activation("between the convolution and BatchNorm"), bias("of the convolution", default=True)),
    elastic=("activation",),
    merges=True,
)
