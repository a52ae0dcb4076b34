"""Self-attention over the regions that resemble a region most."""

from search_spaces.expressions import Expression
from search_spaces.operators._heads import HEAD_WIDTH, QKV_BIAS, WIDE_ENOUGH
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="bi_level_routing",
    slots=("mixer",),
    summary="Each region attends to its topk most related regions; a convolution of the values is added.",
    paper="Zhu et al., BiFormer, CVPR 2023, arXiv:2303.08810",
    parameters=(
        Parameter("regions", "regions along each side of the map", low=2, high=32, default=7),
        Parameter("topk", "regions to attend to; regions * regions for all positions", low=1, high=1024),
        HEAD_WIDTH,
        QKV_BIAS,
        Parameter("value_kernel", "side of the depthwise kernel on the values", low=3, high=31, odd=True, default=5),
    ),
    legal=(
        Expression("regions <= side"),
        Expression("topk <= regions * regions"),
        WIDE_ENOUGH,
        Expression("value_kernel <= 2 * side - 1"),
    ),
    elastic=("regions", "topk", "head_width", "value_kernel"),
    merges=True,
)
