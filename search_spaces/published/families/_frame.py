"""How a family writes its networks down: operators, blocks, stages and networks as the architecture file has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
NONE: Json = {"op": "none"}


@dataclass(frozen=True)
class Published:
    """A network that was published, in the form of its architecture file.

    ``top1`` is ImageNet-1K accuracy in per cent as its authors report it, None where they do not (or for another
    data set, which ``note`` then names).
    """

    architecture: Json
    top1: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Family:
    """Networks of one paper; ``source`` says where the accuracies are from."""

    paper: str
    year: int
    source: str
    networks: dict[str, Published]


def op(name: str, **parameters: Any) -> Json:
    """Return an operator; parameters that are left out have their default."""
    return {"op": name, **parameters}


def block(
    *,
    mixer: Json,
    channel_mixer: Json,
    residual: Json,
    norm: Json = NONE,
    gate: Json = NONE,
    position: Json = NONE,
) -> Json:
    """Return one block."""
    return {
        "residual": residual,
        "position": position,
        "mixer": mixer,
        "norm": norm,
        "gate": gate,
        "channel_mixer": channel_mixer,
    }


def stage(width: int, blocks: Sequence[Json], downsample: Json | None = None, stride: int = 1) -> Json:
    """Return one stage and how the network gets there."""
    return {"width": width, "stride": stride, "downsample": downsample, "blocks": list(blocks)}


def pyramid(widths: Iterable[int], blocks: Iterable[Sequence[Json]], down: Json) -> list[Json]:
    """Return stages of these widths and blocks; the first follows the stem, ``down`` leads into the others."""
    return [
        stage(width, row, down if i else None, stride=2 if i else 1)
        for i, (width, row) in enumerate(zip(widths, blocks, strict=True))
    ]


def network(
    *,
    stem: Json,
    stages: Sequence[Json],
    head: Json,
    resolution: int = 224,
    channels: int = 3,
    classes: int = 1000,
    layout: str = "image",
) -> Json:
    """Return a whole architecture."""
    return {
        "schema_version": 2,
        "input": {"channels": channels, "resolution": resolution, "layout": layout},
        "classes": classes,
        "stem": stem,
        "stages": list(stages),
        "head": head,
    }


def doubled(width: int, stages: int = 4) -> list[int]:
    """Return widths that double from stage to stage."""
    return [width * 2**i for i in range(stages)]
