"""MetaMixer's FFNet: attention and channel mixer rewritten with depthwise kernels, merged when deployed."""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, block, doubled, network, op, pyramid

# Sides of the kernels of the token mixer by stage; those of 7 are trained with a parallel 3.
KERNELS = (3, 3, 7, 7)


def ffnet(depths: tuple[int, ...], width: int, kernel: int = 7, layer_scale: float = 0, resolution: int = 256) -> Json:
    """Return an FFNet of these depths; ``kernel`` is that of the channel mixers, widths double from ``width``."""
    down = op("dw_down", kernel=7, branch=3, mix="linear")
    blocks = [[_block(side, kernel, layer_scale)] * depth for depth, side in zip(depths, KERNELS, strict=True)]
    stages = pyramid(doubled(width), blocks, down)
    return network(
        stem=op("conv_stem", stride=4, norm="batch_norm", bias=False, first=64),
        stages=stages,
        head=op("linear_head", norm="batch_norm", before_pool=True),
        resolution=resolution,
    )


def _block(side: int, kernel: int, layer_scale: float) -> Json:
    return block(
        residual=op("double", layer_scale=layer_scale),
        mixer=op("ffnified_attn", k1=side, k2=side, branch=_branch(side)),
        channel_mixer=op("dw_mlp", kernel=kernel, branch=_branch(kernel), expansion=3),
    )


def _branch(kernel: int) -> int:
    return 3 if kernel == 7 else 0


FAMILY = Family(
    paper="Yun et al., MetaMixer Is All You Need, arXiv:2406.02021",
    year=2024,
    source="README of github.com/ysj9909/FFNet",
    networks={
        "metamixer_ffnet_1": Published(ffnet((2, 2, 8, 2), 80, kernel=3), 81.3),
        "metamixer_ffnet_2": Published(ffnet((3, 3, 15, 3), 88), 82.9),
        "metamixer_ffnet_3": Published(ffnet((4, 4, 22, 5), 96, layer_scale=1e-6), 83.9),
        "metamixer_ffnet_4": Published(ffnet((4, 4, 27, 3), 128, layer_scale=1e-6, resolution=384), 85.3),
    },
)
