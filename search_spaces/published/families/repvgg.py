"""RepVGG: a plain chain of 3 x 3 convolutions with branches in training."""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, block, network, op, stage

A, B = (2, 4, 14, 1), (4, 6, 16, 1)


def repvgg(depths: tuple[int, ...], width: float, last: float, groups: int = 1) -> Json:
    """Return the network of these depths: widths 64, 128, 256 times ``width``, then 512 times ``last``.

    Every second layer of a stage has ``groups``.
    """
    widths = [int(64 * width), int(128 * width), int(256 * width), int(512 * last)]
    grouped, dense = (
        block(residual=op("plain"), mixer=op("repvgg", groups=g), channel_mixer=op("none")) for g in (groups, 1)
    )
    stages = [
        stage(w, [dense if j % 2 else grouped for j in range(depth - 1)], op("repvgg"), stride=2)
        for w, depth in zip(widths, depths, strict=True)
    ]
    return network(
        stem=op("repvgg_stem", stride=2, width=min(64, widths[0])),
        stages=stages,
        head=op("linear_head", norm="none"),
    )


FAMILY = Family(
    paper="Ding et al., RepVGG: Making VGG-style ConvNets Great Again, CVPR 2021, arXiv:2101.03697",
    year=2021,
    source="A0, B0: paper; others: the authors' weights by pytorch-image-models, at 224 pixels",
    networks={
        "repvgg_a0": Published(repvgg(A, 0.75, 2.5), 72.4),
        "repvgg_a1": Published(repvgg(A, 1.0, 2.5), 74.5),
        "repvgg_a2": Published(repvgg(A, 1.5, 2.75), 76.5),
        "repvgg_b0": Published(repvgg(B, 1.0, 2.5), 75.1),
        "repvgg_b1": Published(repvgg(B, 2.0, 4.0), 78.4),
        "repvgg_b1g2": Published(repvgg(B, 2.0, 4.0, groups=2)),
        "repvgg_b1g4": Published(repvgg(B, 2.0, 4.0, groups=4), 77.6),
        "repvgg_b2": Published(repvgg(B, 2.5, 5.0), 78.8),
        "repvgg_b2g4": Published(repvgg(B, 2.5, 5.0, groups=4), 79.4),
    },
)
