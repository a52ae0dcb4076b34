"""Self-attention inside windows or over a spread-out grid."""

from search_spaces.expressions import Expression
from search_spaces.operators._heads import HEAD_WIDTH, QKV_BIAS, RELATIVE_BIAS, WIDE_ENOUGH
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="window_attention",
    slots=("mixer",),
    summary="Self-attention of window x window positions: neighbours (block) or spread evenly over the map (grid).",
    paper="Tu et al., MaxViT, ECCV 2022, arXiv:2204.01697; windows: Liu et al., Swin Transformer, arXiv:2103.14030",
    parameters=(
        Parameter("window", "side of a window, or of the grid, in positions", low=2, high=64, default=7),
        Parameter(
            "partition",
            "block: positions side by side; grid: positions side / window apart",
            values=("block", "grid"),
            default="block",
        ),
        HEAD_WIDTH,
        RELATIVE_BIAS,
        QKV_BIAS,
    ),
    legal=(Expression("window <= side"), WIDE_ENOUGH),
    elastic=("window", "partition", "head_width"),
    merges=True,
)
