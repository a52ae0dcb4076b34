"""EfficientNet: inverted bottlenecks with squeeze-and-excitation, scaled in depth, width and resolution together."""

from __future__ import annotations

from math import ceil

from search_spaces.published.families._frame import Family, Json, Published, network, op
from search_spaces.published.families._mobile import Row, conv_stem, divisible, inverted_stages

_ROWS = (
    Row(16, 1, 1, 1, 3),
    Row(24, 2, 2, 6, 3),
    Row(40, 2, 2, 6, 5),
    Row(80, 3, 2, 6, 3),
    Row(112, 3, 1, 6, 5),
    Row(192, 4, 2, 6, 5),
    Row(320, 1, 1, 6, 3),
)


def efficientnet(width: float, depth: float, resolution: int) -> Json:
    """Return B0 with widths times ``width`` and depths times ``depth``, rounded up."""
    rows = [row._replace(width=divisible(row.width * width), depth=ceil(row.depth * depth)) for row in _ROWS]
    return network(
        stem=conv_stem(divisible(32 * width), "silu"),
        stages=inverted_stages(rows, activation="silu", se=0.25),
        head=op("conv_head", features=divisible(1280 * width), activation="silu"),
        resolution=resolution,
    )


FAMILY = Family(
    paper="Tan and Le, EfficientNet: Rethinking Model Scaling, ICML 2019, arXiv:1905.11946",
    year=2019,
    source="paper; B1 and B2 at the resolutions of the paper",
    networks={
        "efficientnet_b0": Published(efficientnet(1.0, 1.0, 224), 77.1),
        "efficientnet_b1": Published(efficientnet(1.0, 1.1, 240), 79.1),
        "efficientnet_b2": Published(efficientnet(1.1, 1.2, 260), 80.1),
    },
)
