"""Networks of inverted bottlenecks: rows of width, depth, stride, expansion and kernel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from search_spaces.published.families._frame import Json, block, op, stage


class Row(NamedTuple):
    """One stage: the first of its ``depth`` blocks has the stride and changes the width."""

    width: int
    depth: int
    stride: int
    expansion: float
    kernel: int = 3


def inverted_stages(rows: Iterable[Row], **common: Any) -> list[Json]:
    """Return the stages of these rows; ``common`` are further parameters of every block."""
    stages = []
    for row in rows:
        mixer = op("inverted_bottleneck", expansion=row.expansion, kernel=row.kernel, **common)
        stages.append(stage(row.width, [wrapped(mixer)] * (row.depth - 1), mixer, row.stride))
    return stages


def wrapped(channel_mixer: Json) -> Json:
    """Return a block that consists of one operator, which brings its own shortcut."""
    return block(residual=op("plain"), mixer=op("identity"), channel_mixer=channel_mixer)


def conv_stem(width: int, activation: str) -> Json:
    """Return the 3 x 3 convolution at stride 2 that mobile networks begin with."""
    return op("patch_stem", stride=2, kernel=3, norm="batch_norm", activation=activation, bias=False, width=width)


def divisible(channels: float) -> int:
    """Return the nearest multiple of 8 (halves up), the next one where that loses more than a tenth."""
    near = max(8, int(channels + 4) // 8 * 8)
    return near if near >= 0.9 * channels else near + 8
