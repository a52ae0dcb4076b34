"""LSNet: large-small convolutions by turns with depthwise ones, attention in the last stage."""

from __future__ import annotations

from collections.abc import Sequence

from search_spaces.published.families._frame import Family, Json, Published, block, network, op, pyramid


def lsnet(depths: Sequence[int], widths: Sequence[int]) -> Json:
    """Return an LSNet; its first stage may have no blocks."""
    mixers = [op("ls_conv")] * 3 + [op("levit_attn", heads=4, key_width=16, query_kernel=3)]
    blocks = [
        [_looking(mixer) if j % 2 else _local() for j in range(depth)]
        for depth, mixer in zip(depths, mixers, strict=True)
    ]
    stages = pyramid(widths, blocks, op("separable_down"))
    return network(
        stem=op("conv_stem", stride=8, norm="batch_norm", activation="relu", bias=False),
        stages=stages,
        head=op("linear_head", norm="batch_norm"),
    )


FFN = op("mlp", expansion=2, activation="relu", hidden_norm="batch_norm", norm="batch_norm")


def _local() -> Json:
    return block(residual=op("channel_residual"), mixer=op("rep_dw"), gate=op("se", reduction=4), channel_mixer=FFN)


def _looking(mixer: Json) -> Json:
    return block(residual=op("double"), mixer=mixer, channel_mixer=FFN)


FAMILY = Family(
    paper="Wang et al., LSNet: See Large, Focus Small, CVPR 2025, arXiv:2503.23135",
    year=2025,
    source="README of github.com/THU-MIG/lsnet, trained without distillation",
    networks={
        "lsnet_t": Published(
            lsnet((0, 2, 8, 10), (64, 128, 256, 384)), 74.9, "published MACs leave out the dynamic kernels"
        ),
        "lsnet_s": Published(
            lsnet((1, 2, 8, 10), (96, 192, 320, 448)), 77.8, "published MACs leave out the dynamic kernels"
        ),
        "lsnet_b": Published(
            lsnet((4, 6, 8, 10), (128, 256, 384, 512)), 80.3, "published MACs leave out the dynamic kernels"
        ),
    },
)
