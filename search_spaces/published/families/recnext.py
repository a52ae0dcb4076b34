"""RecNeXt: a pyramid of halved maps as mixer, one level less from stage to stage."""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, block, doubled, network, op, pyramid


def recnext(depths: tuple[int, ...], width: int) -> Json:
    """Return a RecNeXt of these stage depths; widths double from ``width``."""
    down = op("dw_down", kernel=7, mix="mlp", expansion=2, bias=True)
    stages = pyramid(doubled(width), [[_block(levels=4 - i)] * depth for i, depth in enumerate(depths)], down)
    stem = op("conv_stem", stride=4, norm="batch_norm", bias=False)
    return network(stem=stem, stages=stages, head=op("distilled_head"))


def _block(levels: int) -> Json:
    return block(
        residual=op("single"),
        mixer=op("rec_conv", kernel=5, levels=levels),
        norm=op("batch_norm"),
        channel_mixer=op("mlp", expansion=2, hidden_norm="batch_norm", norm="batch_norm"),
    )


FAMILY = Family(
    paper="Zhao et al., RecConv: Efficient Recursive Convolutions (RecNeXt), arXiv:2412.19628",
    year=2024,
    source="README of github.com/suous/RecNeXt, trained without distillation",
    networks={
        "recnext_m0": Published(recnext((2, 2, 9, 1), 40), 73.2),
        "recnext_m1": Published(recnext((3, 3, 15, 2), 48), 78.0),
        "recnext_m2": Published(recnext((3, 3, 15, 2), 56), 79.2),
        "recnext_m3": Published(recnext((3, 3, 13, 2), 64), 79.6),
        "recnext_m4": Published(recnext((5, 5, 25, 4), 64), 81.4, "with stochastic depth; without it 81.1 %"),
        "recnext_m5": Published(recnext((7, 7, 35, 2), 80), 82.9, "with stochastic depth; without it 81.6 %"),
    },
)
