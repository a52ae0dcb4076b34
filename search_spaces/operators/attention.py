"""Multi-head self-attention over all positions."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import bias
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="attention",
    slots=("mixer",),
    summary="Scaled dot-product attention of all positions to each other in several heads.",
    paper="Vaswani et al., Attention Is All You Need, NeurIPS 2017, arXiv:1706.03762; as a mixer: arXiv:2210.13452; "
    "convolved values: Lin et al., SMT, arXiv:2307.08579",
    parameters=(
        Parameter("heads", "number of heads; 0 for width // head_width", low=0, high=128, default=0),
        Parameter("head_width", "channels of a head", low=4, high=256, default=32),
        Parameter("qkv_bias", "bias of queries, keys and values", values=(False, True), default=False),
        bias("of the projection", default=False),
        Parameter(
            "value_kernel",
            "side of a depthwise kernel whose result on the values is added to that of the attention; 0 for none",
            values=(0, 3, 5, 7, 9),
            default=0,
        ),
    ),
    legal=(Expression("heads > 0 or width >= head_width"), Expression("value_kernel <= 2 * side - 1")),
    elastic=("heads", "head_width", "value_kernel"),
    merges=True,
)
