"""RepVGG: a plain chain of 3 x 3 convolutions with branches in training."""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, block, network, op, stage


def repvgg(depths: tuple[int, ...], width: float, last: float) -> Json:
    """Return the network of these depths: widths 64, 128, 256 times ``width``, then 512 times ``last``."""
    widths = [int(64 * width), int(128 * width), int(256 * width), int(512 * last)]
    one = block(residual=op("plain"), mixer=op("repvgg"), channel_mixer=op("none"))
    stages = [stage(w, [one] * (depth - 1), op("repvgg"), stride=2) for w, depth in zip(widths, depths, strict=True)]
    return network(
        stem=op("repvgg_stem", stride=2, width=min(64, widths[0])),
        stages=stages,
        head=op("linear_head", norm="none"),
    )


FAMILY = Family(
    paper="Ding et al., RepVGG: Making VGG-style ConvNets Great Again, CVPR 2021, arXiv:2101.03697",
    year=2021,
    source="paper and authors' repository",
    networks={
        "repvgg_a0": Published(repvgg((2, 4, 14, 1), 0.75, 2.5), 72.4),
        "repvgg_b0": Published(repvgg((4, 6, 16, 1), 1.0, 2.5), 75.1),
    },
)
