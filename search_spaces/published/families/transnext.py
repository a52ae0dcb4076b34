"""TransNeXt: attention to a window and a pooled map, convolutional gated linear units."""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, block, doubled, network, op, pyramid

LAYER_NORM = op("layer_norm")
# Ratio between the sides of the map and of its pooled keys, and expansion of the channel mixer, by stage.
POOLS, EXPANSIONS = (8, 4, 2, 1), (8, 8, 4, 4)


def transnext(depths: tuple[int, ...], width: int) -> Json:
    """Return a TransNeXt of these stage depths; widths double from ``width``.

    The norm at the end of a stage is the one before the next downsampling, or that of the head.
    """
    down = op("conv_down", before="layer_norm", norm="layer_norm")
    rows = zip(depths, POOLS, EXPANSIONS, strict=True)
    stages = pyramid(doubled(width), [[_block(pool, expansion)] * depth for depth, pool, expansion in rows], down)
    return network(
        stem=op("patch_stem", stride=4, kernel=7, norm="layer_norm"),
        stages=stages,
        head=op("linear_head", before_pool=True),
    )


def _block(pool: int, expansion: int) -> Json:
    return block(
        residual=op("double"),
        norm=LAYER_NORM,
        mixer=op("aggregated_attn", pool=pool),
        channel_mixer=op("conv_glu", expansion=expansion),
    )


FAMILY = Family(
    paper="Shi, TransNeXt: Robust Foveal Visual Perception for Vision Transformers, CVPR 2024, arXiv:2311.17132",
    year=2024,
    source="README of github.com/DaiShiResearch/TransNeXt",
    networks={
        "transnext_micro": Published(transnext((2, 2, 15, 2), 48), 82.5),
        "transnext_tiny": Published(transnext((2, 2, 15, 2), 72), 84.0),
        "transnext_small": Published(transnext((5, 5, 22, 5), 72), 84.7),
        "transnext_base": Published(transnext((5, 5, 23, 5), 96), 84.8),
    },
)
