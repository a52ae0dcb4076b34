"""GLNet: convolution with attention between slots, by turns with full attention."""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, block, doubled, network, op, pyramid

GLMIX, ATTENTION = op("glmix"), op("attention", head_width=32, qkv_bias=True, bias=True)
# The mixers of a stage, one after the other from its first block on.
TURNS = ((GLMIX,), (GLMIX,), (GLMIX, ATTENTION), (ATTENTION,))


def glnet(depths: tuple[int, ...], width: int, layer_scale: float = 0) -> Json:
    """Return a GLNet of these stage depths; widths double from ``width``."""
    down = op("conv_down", norm="batch_norm")
    blocks = [
        [_block(turns[j % len(turns)], layer_scale) for j in range(depth)]
        for depth, turns in zip(depths, TURNS, strict=True)
    ]
    stages = pyramid(doubled(width), blocks, down)
    return network(
        stem=op("conv_stem", stride=4, norm="batch_norm"),
        stages=stages,
        head=op("linear_head", norm="batch_norm", before_pool=True),
    )


def _block(mixer: Json, layer_scale: float) -> Json:
    return block(
        residual=op("double", layer_scale=layer_scale),
        position=op("dw_conv", kernel=3, bias=True),
        norm=op("layer_norm"),
        mixer=mixer,
        channel_mixer=op("mlp_dw", expansion=3, shortcut=True),
    )


FAMILY = Family(
    paper="Zhu et al., Revisiting the Integration of Convolution and Attention for Vision Backbone, NeurIPS 2024, "
    "arXiv:2411.14429",
    year=2024,
    source="README of github.com/rayleizhu/GLMix",
    networks={
        "glnet_4g": Published(glnet((4, 4, 18, 4), 64), 83.7),
        "glnet_9g": Published(glnet((4, 4, 18, 4), 96), 84.5),
        "glnet_16g": Published(glnet((4, 4, 18, 4), 128, layer_scale=1e-4), 85.0),
    },
)
