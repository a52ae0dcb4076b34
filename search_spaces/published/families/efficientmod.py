"""EfficientMod: modulation inside the MLP, attention at the end of the last two stages."""

from __future__ import annotations

from collections.abc import Sequence

from search_spaces.published.families._frame import Family, Json, Published, block, network, op, pyramid

LAYER_NORM = op("layer_norm", eps=1e-5)


def efficientmod(
    widths: Sequence[int], depths: Sequence[int], attentions: Sequence[int], expansion: int, ratios: Sequence[int]
) -> Json:
    """Return an EfficientMod: expansions 1 and ``expansion`` in turn, then ``attentions`` blocks of MLP ``ratios``."""
    down = op("conv_down", norm="layer_norm")
    blocks = [
        [_modulation(expansion if j % 2 else 1) for j in range(depth)] + [_attention(width, ratio)] * count
        for width, depth, count, ratio in zip(widths, depths, attentions, ratios, strict=True)
    ]
    stem = op("patch_stem", stride=4, kernel=7, norm="layer_norm")
    return network(stem=stem, stages=pyramid(widths, blocks, down), head=op("linear_head", before_pool=True))


def _modulation(expansion: int) -> Json:
    return block(
        residual=op("single", layer_scale=1e-4),
        mixer=op("identity"),
        norm=LAYER_NORM,
        channel_mixer=op("efficient_modulation", expansion=expansion),
    )


def _attention(width: int, expansion: int) -> Json:
    """Eight heads, of 32 channels at least."""
    return block(
        residual=op("double"),
        mixer=op("attention", heads=8, head_width=max(32, width // 8), bias=True),
        norm=LAYER_NORM,
        channel_mixer=op("mlp", expansion=expansion),
    )


FAMILY = Family(
    paper="Ma et al., Efficient Modulation for Vision Networks, ICLR 2024, arXiv:2403.19963",
    year=2024,
    source="README of github.com/ma-xu/EfficientMod (with distillation, but for efficientmod_s_conv)",
    networks={
        "efficientmod_xxs": Published(
            efficientmod((32, 64, 128, 256), (2, 2, 6, 2), (0, 0, 1, 2), 6, ratios=(4, 4, 4, 4)), 77.1
        ),
        "efficientmod_xs": Published(
            efficientmod((32, 64, 144, 288), (3, 3, 4, 2), (0, 0, 3, 3), 4, ratios=(4, 4, 4, 4)), 79.4
        ),
        "efficientmod_s": Published(
            efficientmod((32, 64, 144, 312), (4, 4, 8, 4), (0, 0, 4, 4), 6, ratios=(4, 4, 4, 5)), 81.9
        ),
        "efficientmod_s_conv": Published(
            efficientmod((40, 80, 160, 344), (4, 4, 12, 8), (0, 0, 0, 0), 6, ratios=(4, 4, 4, 4)), 80.5
        ),
    },
)
