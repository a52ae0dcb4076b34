"""Depthwise convolution at stride 1 in which each of its three passes takes the quickest form for its shape."""

from supernet.depthwise.choice import Case, DepthwiseTable, choose, recorded, table_in_use, use_table
from supernet.depthwise.forms import FORMS
from supernet.depthwise.measure import measure_cases
from supernet.depthwise.operator import depthwise_conv2d

__all__ = [
    "FORMS",
    "Case",
    "DepthwiseTable",
    "choose",
    "depthwise_conv2d",
    "measure_cases",
    "recorded",
    "table_in_use",
    "use_table",
]
