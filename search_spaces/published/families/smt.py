"""SMT: scale-aware modulation early, attention late, both in turn in the third stage."""

from __future__ import annotations

from collections.abc import Sequence

from search_spaces.published.families._frame import Family, Json, Published, block, doubled, network, op, stage

HEADS = (None, None, 8, 16)  # of the attention, by stage


def smt(depths: Sequence[int], width: int, expansions: Sequence[int], stem_kernel: int = 3) -> Json:
    """Return an SMT; widths double from ``width``. Every stage ends with a norm: that before the next downsampling."""
    down = op("conv_down", before="layer_norm", norm="layer_norm")
    patches = op("conv_down", kernel=2, padding=0, norm="layer_norm")
    stages = []
    for i, (w, depth, expansion) in enumerate(zip(doubled(width), depths, expansions, strict=True)):
        blocks = [_block(_mixer(i, j, w), expansion) for j in range(depth)]
        stages.append(stage(w, blocks, down if i else patches, stride=2))
    stem = op("patch_stem", stride=2, kernel=stem_kernel, norm="batch_norm", activation="relu", bias=False, width=width)
    return network(stem=stem, stages=stages, head=op("linear_head", before_pool=True))


def _mixer(index: int, position: int, width: int) -> Json:
    """Modulation in the first two stages, attention in the last one, first the one, then the other in the third."""
    heads = HEADS[index]
    if heads is None or (index == 2 and position % 2 == 0):
        return op("scale_aware_modulation")
    return op("attention", heads=heads, head_width=width // heads, qkv_bias=True, bias=True, value_kernel=3)


def _block(mixer: Json, expansion: int) -> Json:
    mlp = op("mlp_dw", expansion=expansion, shortcut=True)
    return block(residual=op("double"), mixer=mixer, norm=op("layer_norm"), channel_mixer=mlp)


FAMILY = Family(
    paper="Lin et al., Scale-Aware Modulation Meet Transformer, ICCV 2023, arXiv:2307.08579",
    year=2023,
    source="README of github.com/AFeng-x/SMT",
    networks={
        "smt_tiny": Published(smt((2, 2, 8, 1), 64, (4, 4, 4, 2)), 82.2),
        "smt_small": Published(
            smt((3, 4, 18, 2), 64, (4, 4, 4, 2)), 83.7, "its README prints 21 M parameters, its code builds 22.55 M"
        ),
        "smt_base": Published(smt((4, 6, 28, 2), 64, (8, 6, 4, 2), stem_kernel=7), 84.3),
        "smt_large": Published(smt((4, 6, 28, 4), 96, (8, 6, 4, 2), stem_kernel=7)),
    },
)
