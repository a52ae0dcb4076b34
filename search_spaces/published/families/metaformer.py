"""MetaFormer: one frame of four stages in which only the mixer differs."""

from __future__ import annotations

from collections.abc import Sequence

from search_spaces.published.families._frame import Family, Json, Published, block, network, op, stage

SMALL, MEDIUM = (64, 128, 320, 512), (96, 192, 384, 768)
S12, S24, S36, M48 = (2, 2, 6, 2), (4, 4, 12, 4), (6, 6, 18, 6), (8, 8, 24, 8)
S18, HYBRID_36 = (3, 3, 9, 3), (3, 12, 18, 3)

IDENTITY, POOL, RANDOM = op("identity"), op("pool", kernel=3), op("random_mixing")
CONV, ATTENTION = op("sep_conv"), op("attention")
# Statistics over channels and positions where the mixer has no weights, over channels where it has.
JOINT_NORM, CHANNEL_NORM = op("group_norm", bias=False, eps=1e-6), op("layer_norm", bias=False)
LINEAR_HEAD = op("linear_head")
MLP_HEAD = op("mlp_head", expansion=4, activation="squared_relu", before="layer_norm")


def baseline(depths: Sequence[int], widths: Sequence[int], mixers: Sequence[Json], norm: Json, head: Json) -> Json:
    """Return a network of arXiv:2210.13452: no biases in blocks, StarReLU, scaled shortcuts in the last two stages."""
    down = op("conv_down", before="layer_norm", norm_bias=False)
    mlp = op("mlp", expansion=4, activation="star_relu", bias=False)
    stages = []
    for i, (depth, width, mixer) in enumerate(zip(depths, widths, mixers, strict=True)):
        one = block(residual=op("double", residual_scale=i >= 2), mixer=mixer, norm=norm, channel_mixer=mlp)
        stages.append(stage(width, [one] * depth, down if i else None, stride=2 if i else 1))
    stem = op("patch_stem", stride=4, kernel=7, padding=2, norm="layer_norm", norm_bias=False)
    return network(stem=stem, stages=stages, head=head)


def _simple(depths: Sequence[int], mixers: Sequence[Json], widths: Sequence[int] = SMALL) -> Json:
    return baseline(depths, widths, mixers, JOINT_NORM, LINEAR_HEAD)


def _conv(depths: Sequence[int], widths: Sequence[int] = SMALL) -> Json:
    return baseline(depths, widths, [CONV] * 4, CHANNEL_NORM, MLP_HEAD)


def _hybrid(depths: Sequence[int], widths: Sequence[int] = SMALL) -> Json:
    return baseline(depths, widths, [CONV, CONV, ATTENTION, ATTENTION], CHANNEL_NORM, MLP_HEAD)


def poolformer(depths: Sequence[int], widths: Sequence[int], layer_scale: float) -> Json:
    """Return a network of arXiv:2111.11418: layer scale, GELU, biases, one norm before the mean over positions."""
    one = block(
        residual=op("double", layer_scale=layer_scale),
        mixer=POOL,
        norm=op("group_norm"),
        channel_mixer=op("mlp", expansion=4),
    )
    stages = [
        stage(width, [one] * depth, op("conv_down") if i else None, stride=2 if i else 1)
        for i, (depth, width) in enumerate(zip(depths, widths, strict=True))
    ]
    stem, head = op("patch_stem", stride=4, kernel=7, padding=2), op("linear_head", norm="group_norm", before_pool=True)
    return network(stem=stem, stages=stages, head=head)


FAMILY = Family(
    paper="Yu et al., MetaFormer Baselines for Vision, TPAMI 2024, arXiv:2210.13452; PoolFormer: arXiv:2111.11418",
    year=2022,
    source="authors' repositories",
    networks={
        "identityformer_s12": Published(_simple(S12, [IDENTITY] * 4), 74.6),
        "randformer_s12": Published(
            _simple(S12, [IDENTITY, IDENTITY, RANDOM, RANDOM]),
            76.6,
            "parameters with the untrained matrices",
        ),
        "poolformerv2_s12": Published(_simple(S12, [POOL] * 4), 78.0),
        "poolformerv2_s24": Published(_simple(S24, [POOL] * 4), 80.7),
        "poolformerv2_s36": Published(_simple(S36, [POOL] * 4), 81.6),
        "poolformerv2_m48": Published(_simple(M48, [POOL] * 4, MEDIUM), 82.6),
        "poolformer_s12": Published(poolformer(S12, SMALL, layer_scale=1e-5), 77.2),
        "convformer_s18": Published(_conv(S18), 83.0),
        "convformer_s36": Published(_conv(HYBRID_36), 84.1),
        "convformer_b36": Published(_conv(HYBRID_36, (128, 256, 512, 768)), 84.8),
        "caformer_s18": Published(_hybrid(S18), 83.6),
        "caformer_s36": Published(_hybrid(HYBRID_36), 84.5),
        "caformer_m36": Published(_hybrid(HYBRID_36, (96, 192, 384, 576)), 85.2),
    },
)
