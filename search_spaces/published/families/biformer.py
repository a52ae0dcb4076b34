"""BiFormer: attention to the regions that resemble a region most, position convolution, MLP of ratio 3.

As in the paper. The authors' code differs where nothing is counted: it divides products of queries and keys by the
square root of all channels, not of a head's, and in the last stage it convolves the input in place of the values.
"""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, block, doubled, network, op, pyramid

_REGIONS = 7
_ALL = _REGIONS**2
# Each stage's regions to attend to, head width, and bias of queries, keys and values.
_STAGES = ((1, 32, True), (4, 32, True), (16, 32, True), (_ALL, None, False))
_LAST_HEADS = 8


def biformer(depths: tuple[int, ...], width: int) -> Json:
    """Return a BiFormer of these stage depths; widths double from ``width``."""
    blocks = []
    for w, depth, (topk, head_width, bias) in zip(doubled(width), depths, _STAGES, strict=True):
        mixer = op("bi_level_routing", topk=topk, head_width=head_width or w // _LAST_HEADS, qkv_bias=bias)
        blocks.append([_block(mixer)] * depth)
    stages = pyramid(doubled(width), blocks, op("conv_down", norm="batch_norm"))
    head = op("linear_head", norm="batch_norm", before_pool=True)
    return network(stem=op("conv_stem", stride=4, norm="batch_norm"), stages=stages, head=head)


def _block(mixer: Json) -> Json:
    return block(
        position=op("dw_conv", kernel=3, bias=True),
        residual=op("double"),
        mixer=mixer,
        norm=op("layer_norm"),
        channel_mixer=op("mlp", expansion=3),
    )


FAMILY = Family(
    paper="Zhu et al., BiFormer: Vision Transformer with Bi-Level Routing Attention, CVPR 2023, arXiv:2303.08810",
    year=2023,
    source="README of github.com/rayleizhu/BiFormer",
    networks={
        "biformer_tiny": Published(biformer((2, 2, 8, 2), 64), 81.4),
        "biformer_small": Published(biformer((4, 4, 18, 4), 64), 83.8),
        "biformer_base": Published(biformer((4, 4, 18, 4), 96), 84.3),
    },
)
