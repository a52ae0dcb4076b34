"""MLP whose hidden channels are modulated by a context: mixer and channel mixer in one."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation, bias
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="efficient_modulation",
    slots=("mixer", "channel_mixer"),
    summary="1 x 1 expand, times a repeated context (1 x 1, depthwise k x k, activation, 1 x 1), 1 x 1 project.",
    paper="Ma et al., Efficient Modulation for Vision Networks, ICLR 2024, arXiv:2403.19963",
    parameters=(
        Parameter("kernel", "side of the context's depthwise kernel in taps", low=3, high=63, odd=True, default=7),
        Parameter("expansion", "hidden channels / width; an activation follows where above 1", low=1, high=8),
        activation("in the context, and after the expansion"),
        bias("of the 1 x 1 convolutions around the modulation", default=True),
    ),
    legal=(Expression("kernel <= 2 * side - 1"),),
    elastic=("kernel", "expansion", "activation"),
    merges=True,
)
