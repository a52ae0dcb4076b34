"""VoVNet: one-shot aggregation of chains of 3 x 3 convolutions."""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, block, network, op, stage


def vovnet(depths: tuple[int, ...], widths: tuple[int, ...], chains: tuple[int, ...], convolutions: int = 5) -> Json:
    """Return the network of these depths; ``chains`` are the channels of the convolutions of a chain."""
    stages = []
    for i, (depth, width, chain) in enumerate(zip(depths, widths, chains, strict=True)):
        osa = op("osa", convolutions=convolutions, ratio=chain / width)
        one = block(residual=op("plain"), mixer=op("identity"), channel_mixer=osa)
        stages.append(stage(width, [one] * (depth - 1), osa, stride=2 if i else 1))
    return network(
        stem=op("resnet_stem", stride=4, deep=True, pool=False, width=128),
        stages=stages,
        head=op("linear_head", norm="none"),
    )


FAMILY = Family(
    paper="Lee et al., An Energy and GPU-Computation Efficient Backbone Network, CVPRW 2019, arXiv:1904.09730",
    year=2019,
    source="authors' repository",
    networks={"vovnet_39": Published(vovnet((1, 1, 2, 2), (256, 512, 768, 1024), (128, 160, 192, 224)))},
)
