"""Cosine attention of each position to its window and to a pooled map, in one softmax."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="aggregated_attn",
    slots=("mixer",),
    summary="Cosine attention to the k x k window and to pooled keys in one softmax, with biases made from offsets.",
    paper="Shi, TransNeXt: Robust Foveal Visual Perception for Vision Transformers, CVPR 2024, arXiv:2311.17132",
    parameters=(
        Parameter("window", "side of the window in positions; unused where pool is 1", values=(3, 5, 7), default=3),
        Parameter(
            "pool",
            "side of the map / side of its pooled keys (rounded down); 1 for every position as a key and no window",
            low=1,
            high=16,
        ),
        Parameter("head_width", "channels of a head", values=(8, 12, 16, 24, 32, 48, 64), default=24),
        Parameter("qkv_bias", "bias of queries, keys and values", values=(False, True), default=True),
    ),
    legal=(
        Expression("width % head_width == 0"),
        Expression("pool <= side"),
        Expression("pool == 1 or window <= 2 * side - 1"),
    ),
    elastic=("window", "pool", "head_width"),
    merges=True,
)
