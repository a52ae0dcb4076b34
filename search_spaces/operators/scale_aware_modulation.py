"""Values modulated by heads of growing kernels: the mixer of SMT."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import bias
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="scale_aware_modulation",
    slots=("mixer",),
    summary="Heads of depthwise kernels k, k + 2, ..., mixed in groups; their product with values is projected.",
    paper="Lin et al., Scale-Aware Modulation Meet Transformer, ICCV 2023, arXiv:2307.08579",
    parameters=(
        Parameter("heads", "shares of the channels with a kernel of their own", low=1, high=8, default=4),
        Parameter("kernel", "side of the first head's kernel in taps", low=3, high=31, odd=True, default=3),
        Parameter("expansion", "hidden channels of the mixing across heads / width", low=1, high=4, default=2),
        bias("of values and of what the heads read", default=True),
    ),
    legal=(Expression("width % heads == 0"), Expression("kernel + 2 * (heads - 1) <= 2 * side - 1")),
    elastic=("heads", "kernel", "expansion"),
    merges=True,
)
