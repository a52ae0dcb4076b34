"""MetaFormer: one frame of four stages in which only the mixer differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from search_spaces.published.families._frame import Family, Json, Published, block, network, op, pyramid

SMALL, MEDIUM = (64, 128, 320, 512), (96, 192, 384, 768)
S12, S24, S36, M48 = (2, 2, 6, 2), (4, 4, 12, 4), (6, 6, 18, 6), (8, 8, 24, 8)
S18, HYBRID_36 = (3, 3, 9, 3), (3, 12, 18, 3)

IDENTITY, POOL, RANDOM = op("identity"), op("pool", kernel=3), op("random_mixing")
CONV, ATTENTION = op("sep_conv"), op("attention")
Build = Callable[[Sequence[int], Sequence[int]], Json]  # from depths and widths
# Statistics over channels and positions where the mixer has no weights, over channels where it has.
JOINT_NORM, CHANNEL_NORM = op("group_norm", bias=False, eps=1e-6), op("layer_norm", bias=False)
LINEAR_HEAD = op("linear_head")
MLP_HEAD = op("mlp_head", expansion=4, activation="squared_relu", before="layer_norm")


def baseline(depths: Sequence[int], widths: Sequence[int], mixers: Sequence[Json], norm: Json, head: Json) -> Json:
    """Return a network of arXiv:2210.13452: no biases in blocks, StarReLU, scaled shortcuts in the last two stages."""
    down = op("conv_down", before="layer_norm", norm_bias=False)
    mlp = op("mlp", expansion=4, activation="star_relu", bias=False)
    blocks = [
        [block(residual=op("double", residual_scale=i >= 2), mixer=mixer, norm=norm, channel_mixer=mlp)] * depth
        for i, (depth, mixer) in enumerate(zip(depths, mixers, strict=True))
    ]
    stages = pyramid(widths, blocks, down)
    stem = op("patch_stem", stride=4, kernel=7, padding=2, norm="layer_norm", norm_bias=False)
    return network(stem=stem, stages=stages, head=head)


def _simple(mixers: Sequence[Json], depths: Sequence[int], widths: Sequence[int]) -> Json:
    """Mixers without trained weights."""
    return baseline(depths, widths, mixers, JOINT_NORM, LINEAR_HEAD)


def _weighted(mixers: Sequence[Json], depths: Sequence[int], widths: Sequence[int]) -> Json:
    """Mixers with trained weights."""
    return baseline(depths, widths, mixers, CHANNEL_NORM, MLP_HEAD)


def poolformer(depths: Sequence[int], widths: Sequence[int]) -> Json:
    """Return a network of arXiv:2111.11418: layer scale, GELU, biases, one norm before the mean over positions."""
    layer_scale = 1e-5 if sum(depths) <= 24 else 1e-6
    one = block(
        residual=op("double", layer_scale=layer_scale),
        mixer=POOL,
        norm=op("group_norm"),
        channel_mixer=op("mlp", expansion=4),
    )
    stages = pyramid(widths, [[one] * depth for depth in depths], op("conv_down"))
    stem, head = op("patch_stem", stride=4, kernel=7, padding=2), op("linear_head", norm="group_norm", before_pool=True)
    return network(stem=stem, stages=stages, head=head)


SIZES = {"s12": (S12, SMALL), "s24": (S24, SMALL), "s36": (S36, SMALL), "m36": (S36, MEDIUM), "m48": (M48, MEDIUM)}
HYBRID_SIZES = {
    "s18": (S18, SMALL),
    "s36": (HYBRID_36, SMALL),
    "m36": (HYBRID_36, (96, 192, 384, 576)),
    "b36": (HYBRID_36, (128, 256, 512, 768)),
}


def _ladder(
    name: str,
    sizes: Mapping[str, tuple[Sequence[int], Sequence[int]]],
    build: Build,
    top1: Sequence[float],
    note: str = "",
) -> dict[str, Published]:
    """Return the networks ``name_SIZE`` of all sizes."""
    return {
        f"{name}_{size}": Published(build(depths, widths), accuracy, note)
        for (size, (depths, widths)), accuracy in zip(sizes.items(), top1, strict=True)
    }


FAMILY = Family(
    paper="Yu et al., MetaFormer Baselines for Vision, TPAMI 2024, arXiv:2210.13452; PoolFormer: arXiv:2111.11418",
    year=2022,
    source="READMEs of github.com/sail-sg/metaformer and (PoolFormer) github.com/sail-sg/poolformer",
    networks={
        **_ladder("identityformer", SIZES, partial(_simple, [IDENTITY] * 4), (74.6, 78.2, 79.3, 80.0, 80.4)),
        **_ladder(
            "randformer",
            SIZES,
            partial(_simple, [IDENTITY, IDENTITY, RANDOM, RANDOM]),
            (76.6, 78.2, 79.5, 81.2, 81.4),
            "parameters with the untrained matrices",
        ),
        **_ladder("poolformerv2", SIZES, partial(_simple, [POOL] * 4), (78.0, 80.7, 81.6, 82.2, 82.6)),
        **_ladder("poolformer", SIZES, poolformer, (77.2, 80.3, 81.4, 82.1, 82.5)),
        **_ladder("convformer", HYBRID_SIZES, partial(_weighted, [CONV] * 4), (83.0, 84.1, 84.5, 84.8)),
        **_ladder(
            "caformer", HYBRID_SIZES, partial(_weighted, [CONV, CONV, ATTENTION, ATTENTION]), (83.6, 84.5, 85.2, 85.5)
        ),
    },
)
