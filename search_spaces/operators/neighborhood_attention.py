"""Self-attention of every position to those around it, with gaps between them where dilated."""

from search_spaces.expressions import Expression
from search_spaces.operators._heads import HEAD_WIDTH, QKV_BIAS, RELATIVE_BIAS, WIDE_ENOUGH
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="neighborhood_attention",
    slots=("mixer",),
    summary="Each position attends to the k x k nearest ones at distance d; at the border the window moves inside.",
    paper="Hassani and Shi, Dilated Neighborhood Attention Transformer, 2022, arXiv:2209.15001; NAT, arXiv:2204.07143",
    parameters=(
        Parameter("kernel", "side of the neighbourhood in positions", low=3, high=31, odd=True, default=7),
        Parameter("dilation", "distance between neighbours in positions", low=1, high=31, default=1),
        HEAD_WIDTH,
        RELATIVE_BIAS,
        QKV_BIAS,
    ),
    legal=(Expression("kernel * dilation <= side"), WIDE_ENOUGH),
    elastic=("kernel", "dilation", "head_width"),
    merges=True,
)
