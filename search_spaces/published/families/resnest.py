"""ResNeSt: residual networks with split attention inside the bottleneck."""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, op
from search_spaces.published.families.resnet import resnet


def resnest(
    depths: tuple[int, ...],
    *,
    radix: int = 2,
    groups: int = 1,
    ratio: float = 0.25,
    pool_first: bool = False,
    stem: int = 64,
    resolution: int = 224,
) -> Json:
    """Return the network whose 3 x 3 convolutions have ``radix`` splits of ``groups`` cardinal groups.

    ``ratio`` are the inner channels / those of the stage, all groups together.
    """
    return resnet(
        depths,
        name="split_bottleneck",
        stem=op("resnet_stem", stride=4, width=stem, deep=True),
        resolution=resolution,
        entry={"pool_first": pool_first},
        radix=radix,
        groups=groups,
        ratio=ratio,
    )


R50 = (3, 4, 6, 3)

FAMILY = Family(
    paper="Zhang et al., ResNeSt: Split-Attention Networks, CVPR Workshops 2022, arXiv:2004.08955",
    year=2020,
    source="README and ablation.md of github.com/zhanghang1989/ResNeSt; 14 and 26: pytorch-image-models",
    networks={
        "resnest_14": Published(resnest((1, 1, 1, 1)), 75.52),
        "resnest_26": Published(resnest((2, 2, 2, 2)), 78.48),
        "resnest_50": Published(resnest(R50), 81.03),
        "resnest_50_1s4x24d": Published(resnest(R50, radix=1, groups=4, ratio=0.375, pool_first=True), 80.99),
        "resnest_50_2s2x40d": Published(resnest(R50, groups=2, ratio=0.3125, pool_first=True), 80.97),
        "resnest_50_4s2x40d": Published(resnest(R50, radix=4, groups=2, ratio=0.3125, pool_first=True), 80.86),
        "resnest_101": Published(resnest((3, 4, 23, 3), stem=128, resolution=256), 82.83),
    },
)
