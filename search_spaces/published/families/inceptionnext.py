"""InceptionNeXt: identity, square and band-shaped depthwise convolutions on shares of the channels."""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, block, doubled, network, op, pyramid


def inceptionnext(depths: tuple[int, ...], width: int, band: int = 11, ratio: float = 0.125) -> Json:
    """Return an InceptionNeXt of these stage depths; widths double from ``width``."""
    down = op("conv_down", kernel=2, padding=0, before="batch_norm")
    blocks = [[_block(band, ratio, expansion)] * depth for depth, expansion in zip(depths, (4, 4, 4, 3), strict=True)]
    stages = pyramid(doubled(width), blocks, down)
    return network(
        stem=op("patch_stem", stride=4, kernel=4, padding=0, norm="batch_norm"),
        stages=stages,
        head=op("mlp_head", expansion=3),
    )


def _block(band: int, ratio: float, expansion: int) -> Json:
    return block(
        residual=op("single", layer_scale=1e-6),
        mixer=op("inception_dw", band=band, square=3, ratio=ratio),
        norm=op("batch_norm"),
        channel_mixer=op("mlp", expansion=expansion),
    )


FAMILY = Family(
    paper="Yu et al., InceptionNeXt, CVPR 2024, arXiv:2303.16900",
    year=2024,
    source="README of github.com/sail-sg/inceptionnext",
    networks={
        "inceptionnext_atto": Published(inceptionnext((2, 2, 6, 2), 40, band=9, ratio=0.25), 75.3),
        "inceptionnext_tiny": Published(inceptionnext((3, 3, 9, 3), 96), 82.3),
        "inceptionnext_base": Published(inceptionnext((3, 3, 27, 3), 128), 84.0),
    },
)
