"""ConvNeXt: depthwise 7 x 7, LayerNorm, MLP, one residual with layer scale."""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, block, doubled, network, op, pyramid

LAYER_NORM = op("layer_norm")


def convnext(depths: tuple[int, ...], width: int, kernel: int = 7) -> Json:
    """Return a ConvNeXt of these stage depths; widths double from ``width``."""
    one = block(
        residual=op("single", layer_scale=1e-6),
        mixer=op("dw_conv", kernel=kernel, bias=True),
        norm=LAYER_NORM,
        channel_mixer=op("mlp", expansion=4),
    )
    down = op("conv_down", kernel=2, padding=0, before="layer_norm")
    stages = pyramid(doubled(width), [[one] * depth for depth in depths], down)
    return network(
        stem=op("patch_stem", stride=4, kernel=4, padding=0, norm="layer_norm"), stages=stages, head=op("linear_head")
    )


FAMILY = Family(
    paper="Liu et al., A ConvNet for the 2020s, CVPR 2022, arXiv:2201.03545",
    year=2022,
    source="authors' repository; atto, femto and nano: pytorch-image-models",
    networks={
        "convnext_atto": Published(convnext((2, 2, 6, 2), 40), 75.7),
        "convnext_femto": Published(convnext((2, 2, 6, 2), 48), 77.5),
        "convnext_nano": Published(convnext((2, 2, 8, 2), 80), 80.8),
        "convnext_tiny": Published(convnext((3, 3, 9, 3), 96), 82.1),
        "convnext_small": Published(convnext((3, 3, 27, 3), 96), 83.1),
        "convnext_base": Published(convnext((3, 3, 27, 3), 128), 83.8),
        "convnext_xlarge": Published(convnext((3, 3, 27, 3), 256)),
    },
)
