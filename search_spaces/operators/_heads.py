"""The parameters that attention mixers share."""

from __future__ import annotations

from search_spaces.expressions import Expression
from search_spaces.operators._words import Parameter

HEAD_WIDTH = Parameter("head_width", "channels of a head; there are width // head_width", low=4, high=256, default=32)
WIDE_ENOUGH = Expression("width >= head_width")
QKV_BIAS = Parameter("qkv_bias", "bias of queries, keys and values", values=(False, True), default=True)
RELATIVE_BIAS = Parameter(
    "relative_bias",
    "a learned number for each head and each offset between query and key is added to their product",
    values=(False, True),
    default=True,
)
