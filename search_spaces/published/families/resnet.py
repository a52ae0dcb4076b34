"""ResNet, ResNeXt and their gated forms: residual blocks with an activation after the shortcut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from search_spaces.published.families._frame import Family, Json, Published, block, doubled, network, op, stage

_STEM = op("resnet_stem", stride=4, width=64)


def resnet(
    depths: tuple[int, ...],
    *,
    name: str = "bottleneck",
    stem: Json = _STEM,
    resolution: int = 224,
    entry: Mapping[str, Any] | None = None,
    **parameters: Any,
) -> Json:
    """Return the network of blocks ``name``; ``parameters`` may be lists with a value for each stage.

    ``entry`` are parameters of the blocks that change the shape alone.
    """
    stages = []
    width = 64 if name == "basic_block" else 256
    for i, (w, depth) in enumerate(zip(doubled(width), depths, strict=True)):
        mine = {key: value[i] if isinstance(value, list) else value for key, value in parameters.items()}
        one = block(residual=op("plain"), mixer=op("identity"), channel_mixer=op(name, **mine))
        # Basic blocks begin at the width of the stem: their first stage has no block that changes it.
        first = i == 0 and w == stem["width"]
        down = None if first else op(name, **mine, **(entry or {}))
        stages.append(stage(w, [one] * (depth - (not first)), down, stride=1 if i == 0 else 2))
    return network(stem=stem, stages=stages, head=op("linear_head", norm="none"), resolution=resolution)


FAMILY = Family(
    paper="He et al., Deep Residual Learning for Image Recognition, CVPR 2016, arXiv:1512.03385; "
    "Xie et al., ResNeXt, arXiv:1611.05431; Hu et al., SE, arXiv:1709.01507; Wang et al., ECA, arXiv:1910.03151",
    year=2015,
    source="ResNet-50: README of github.com/sail-sg/inceptionnext",
    networks={
        "resnet_18": Published(resnet((2, 2, 2, 2), name="basic_block")),
        "resnet_34": Published(resnet((3, 4, 6, 3), name="basic_block")),
        "resnet_50": Published(resnet((3, 4, 6, 3)), 78.4),
        "resnet_101": Published(resnet((3, 4, 23, 3))),
        "resnext_50_32x4d": Published(resnet((3, 4, 6, 3), ratio=0.5, groups=32)),
        "se_resnet_50": Published(resnet((3, 4, 6, 3), gate="se", reduction=16)),
        "eca_resnet_50d": Published(
            resnet(
                (3, 4, 6, 3),
                stem=op("resnet_stem", stride=4, width=64, deep=True),
                gate="eca",
                gate_kernel=[5, 5, 5, 7],
                shortcut="pool",
            )
        ),
    },
)
