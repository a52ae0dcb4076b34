"""Attention with narrow keys, wide values and a bias for each distance."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="levit_attn",
    slots=("mixer",),
    summary="Attention with narrow keys, wide values, a learned number per head and distance; ReLU, projection.",
    paper="Graham et al., LeViT, arXiv:2104.01136; convolved queries: Wang et al., LSNet, arXiv:2503.23135",
    parameters=(
        Parameter("heads", "number of heads", low=1, high=64),
        Parameter("key_width", "channels of the queries and keys of a head", low=4, high=128, default=16),
        Parameter(
            "value_width",
            "channels of the values of a head; 0 for width // heads",
            low=0,
            high=512,
            default=0,
        ),
        Parameter("query_kernel", "side of a depthwise kernel on the queries; 0 for none", values=(0, 3, 5), default=0),
    ),
    legal=(Expression("value_width > 0 or width >= heads"), Expression("query_kernel <= 2 * side - 1")),
    elastic=("heads", "key_width", "query_kernel"),
    merges=True,
)
