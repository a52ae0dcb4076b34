"""MaxViT: inverted residual, attention inside windows, attention over a grid, in turn."""

from __future__ import annotations

from search_spaces.published.families._frame import NONE, Family, Json, Published, block, doubled, network, op, stage

MBCONV = op("maxvit_mbconv")


def maxvit(depths: tuple[int, ...], width: int, stem: int = 64) -> Json:
    """Return a MaxViT of these numbers of its blocks, each of which is three of ours; widths double from ``width``.

    The first inverted residual of a stage leads into it.
    """
    turn = [block(residual=op("plain"), mixer=MBCONV, channel_mixer=NONE), _attention("block"), _attention("grid")]
    stages = [stage(w, (turn * depth)[1:], MBCONV, stride=2) for w, depth in zip(doubled(width), depths, strict=True)]
    head = op("mlp_head", expansion=1, activation="tanh", before="layer_norm", norm="none")
    return network(stem=op("maxvit_stem", width=stem), stages=stages, head=head)


def _attention(partition: str) -> Json:
    return block(
        residual=op("double"),
        mixer=op("window_attention", partition=partition),
        norm=op("layer_norm", eps=1e-5),
        channel_mixer=op("mlp", expansion=4, activation="gelu_tanh"),
    )


FAMILY = Family(
    paper="Tu et al., MaxViT, ECCV 2022, arXiv:2204.01697",
    year=2022,
    source="authors' paper",
    networks={
        "maxvit_tiny": Published(maxvit((2, 2, 5, 2), 64), 83.62),
        "maxvit_small": Published(maxvit((2, 2, 5, 2), 96)),
        "maxvit_base": Published(maxvit((2, 6, 14, 2), 96)),
        "maxvit_large": Published(maxvit((2, 6, 14, 2), 128, stem=128)),
    },
)
