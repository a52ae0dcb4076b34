"""Attention without a matrix over positions: gated queries and keys are added and convolved."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="conv_additive_attn",
    slots=("mixer",),
    summary="Queries and keys, each under a spatial and a channel gate, are added, convolved, multiplied with values.",
    paper="Zhang et al., CAS-ViT, 2024, arXiv:2408.03703",
    parameters=(
        Parameter("kernel", "side of the depthwise kernels in taps", low=3, high=31, odd=True, default=3),
        Parameter("qkv_bias", "bias of queries, keys and values", values=(False, True), default=False),
    ),
    legal=(Expression("kernel <= 2 * side - 1"),),
    elastic=("kernel",),
    merges=True,
)
