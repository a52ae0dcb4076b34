"""MobileNetV2: inverted bottlenecks with ReLU6."""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, network, op
from search_spaces.published.families._mobile import Row, conv_stem, divisible, inverted_stages

_ROWS = (
    Row(16, 1, 1, 1),
    Row(24, 2, 2, 6),
    Row(32, 3, 2, 6),
    Row(64, 4, 2, 6),
    Row(96, 3, 1, 6),
    Row(160, 3, 2, 6),
    Row(320, 1, 1, 6),
)


def mobilenetv2(multiplier: float) -> Json:
    """Return MobileNetV2 with its widths times ``multiplier``; the head keeps 1280 channels."""
    rows = [row._replace(width=divisible(row.width * multiplier)) for row in _ROWS]
    return network(
        stem=conv_stem(divisible(32 * multiplier), "relu6"),
        stages=inverted_stages(rows, activation="relu6"),
        head=op("conv_head", features=1280, activation="relu6"),
    )


FAMILY = Family(
    paper="Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018, arXiv:1801.04381",
    year=2018,
    source="paper and authors' repository",
    networks={
        "mobilenetv2_100": Published(mobilenetv2(1.0), 72.0),
        "mobilenetv2_050": Published(mobilenetv2(0.5), 65.4),
    },
)
