"""ConvMixer: one stage on patches; a residual around the depthwise convolution, then a 1 x 1 convolution."""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, block, network, op, stage


def convmixer(width: int, depth: int, kernel: int, patch: int, activation: str = "gelu") -> Json:
    """Return a ConvMixer-width/depth; every activation stands before its BatchNorm."""
    one = block(
        residual=op("plain"),
        mixer=op("residual_dw_conv", kernel=kernel, activation=activation),
        channel_mixer=op("pw_conv", activation=activation),
    )
    stem = op(
        "patch_stem",
        stride=patch,
        kernel=patch,
        padding=0,
        norm="batch_norm",
        activation=activation,
        norm_last=True,
    )
    return network(stem=stem, stages=[stage(width, [one] * depth)], head=op("linear_head", norm="none"))


FAMILY = Family(
    paper="Trockman and Kolter, Patches Are All You Need?, TMLR 2023, arXiv:2201.09792",
    year=2022,
    source="authors' repository",
    networks={
        "convmixer_768_32": Published(convmixer(768, 32, 7, 7, "relu"), 80.2, "with ReLU, as the released weights"),
        "convmixer_1536_20": Published(convmixer(1536, 20, 9, 7), 81.4),
    },
)
