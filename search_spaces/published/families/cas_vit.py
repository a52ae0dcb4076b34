"""CAS-ViT: local integration, convolutional additive attention, MLP, all with BatchNorm."""

from __future__ import annotations

from collections.abc import Sequence

from search_spaces.published.families._frame import Family, Json, Published, block, network, op, pyramid


def cas_vit(depths: Sequence[int], widths: Sequence[int]) -> Json:
    """Return a CAS-ViT with one classifier (its authors train a second one for distillation)."""
    one = block(
        residual=op("double"),
        position=op("local_integration"),
        mixer=op("conv_additive_attn"),
        norm=op("batch_norm"),
        channel_mixer=op("mlp", expansion=4),
    )
    down = op("conv_down", norm="batch_norm")
    stages = pyramid(widths, [[one] * depth for depth in depths], down)
    stem = op("conv_stem", stride=4, norm="batch_norm", activation="relu", last_activation="relu")
    return network(stem=stem, stages=stages, head=op("linear_head", norm="batch_norm", before_pool=True))


NOTE = "trained with a distillation head, which is not counted"
FAMILY = Family(
    paper="Zhang et al., CAS-ViT, 2024, arXiv:2408.03703",
    year=2024,
    source="MODEL_ZOO.md of github.com/Tianfang-Zhang/CAS-ViT, the first of its two values",
    networks={
        "cas_vit_xs": Published(cas_vit((2, 2, 4, 2), (48, 56, 112, 220)), 78.3, NOTE),
        "cas_vit_s": Published(cas_vit((3, 3, 6, 3), (48, 64, 128, 256)), 80.9, NOTE),
        "cas_vit_m": Published(cas_vit((3, 3, 6, 3), (64, 96, 192, 384)), 82.8, NOTE),
        "cas_vit_t": Published(cas_vit((3, 3, 6, 3), (96, 128, 256, 512)), 83.9, NOTE),
    },
)
