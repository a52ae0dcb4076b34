"""A depthwise convolution before the two 1 x 1 convolutions of a MetaFormer block."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import branch
from search_spaces.operators._mlp import ELASTIC, PARAMETERS
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="dw_mlp",
    slots=("channel_mixer",),
    summary="Depthwise k x k with BatchNorm, then 1 x 1 expand, activation, 1 x 1 project.",
    paper="Yun et al., MetaMixer Is All You Need, arXiv:2406.02021",
    parameters=(
        Parameter("kernel", "side of the depthwise kernel in taps", low=3, high=31, odd=True),
        branch("beside the depthwise one, both with BatchNorm; 0 for one kernel", default=0),
        *PARAMETERS,
    ),
    legal=(Expression("kernel <= 2 * side - 1"), Expression("branch < kernel")),
    elastic=("kernel", "branch", *ELASTIC),
    merges=True,
)
