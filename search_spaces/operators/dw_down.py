"""Depthwise convolution between two stages, then a residual mix of the channels."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation, bias, branch
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="dw_down",
    slots=("downsample",),
    summary="Depthwise k x k with BatchNorm at the stride of the stage, then x + a 1 x 1 convolution or x + an MLP.",
    paper="Yun et al., MetaMixer, arXiv:2406.02021; Zhao et al., RecConv (RecNeXt), arXiv:2412.19628",
    parameters=(
        Parameter("kernel", "side of the depthwise kernel in taps", low=3, high=15, odd=True, default=7),
        branch("beside the depthwise one, both with BatchNorm; 0 for one kernel", default=0),
        Parameter(
            "mix",
            "after it: linear for x + 1 x 1 convolution of BatchNorm(x), mlp for x + MLP with BatchNorms, or none",
            values=("none", "linear", "mlp"),
            default="linear",
        ),
        Parameter("expansion", "hidden channels of the MLP / width", low=0.25, high=8, integer=False, default=2),
        activation("in the MLP"),
        bias("of the depthwise convolution, beside that of its BatchNorm", default=False),
    ),
    legal=(Expression("branch < kernel"),),
    merges=True,
)
