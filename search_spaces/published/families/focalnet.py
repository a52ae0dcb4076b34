"""FocalNet: depthwise convolutions of growing reach, weighted by gates, multiply the query."""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, block, doubled, network, op, pyramid


def focalnet(depths: tuple[int, ...], width: int, levels: int, window: int = 3) -> Json:
    """Return a FocalNet of these stage depths; widths double from ``width``."""
    one = block(
        residual=op("double"),
        mixer=op("focal_modulation", levels=levels, window=window),
        norm=op("layer_norm", eps=1e-5),
        channel_mixer=op("mlp", expansion=4),
    )
    down = op("conv_down", kernel=2, padding=0, norm="layer_norm")
    stages = pyramid(doubled(width), [[one] * depth for depth in depths], down)
    return network(
        stem=op("patch_stem", stride=4, kernel=4, padding=0, norm="layer_norm"),
        stages=stages,
        head=op("linear_head", before_pool=True),
    )


FAMILY = Family(
    paper="Yang et al., Focal Modulation Networks, NeurIPS 2022, arXiv:2203.11926",
    year=2022,
    source="README of github.com/microsoft/FocalNet",
    networks={
        "focalnet_tiny_srf": Published(focalnet((2, 2, 6, 2), 96, levels=2), 82.1),
        "focalnet_tiny_lrf": Published(focalnet((2, 2, 6, 2), 96, levels=3), 82.3),
        "focalnet_small_lrf": Published(focalnet((2, 2, 18, 2), 96, levels=3), 83.5),
        "focalnet_base_srf": Published(focalnet((2, 2, 18, 2), 128, levels=2), 83.7),
    },
)
