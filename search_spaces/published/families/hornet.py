"""HorNet: recursive gated convolutions, one order more in each stage."""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, block, doubled, network, op, pyramid

DEPTHS, ORDERS = (2, 3, 18, 2), (2, 3, 4, 5)
FOURIER = 0  # the kernel that stands for a global Fourier filter


def hornet(width: int, kernels: tuple[int, ...] = (7, 7, 7, 7)) -> Json:
    """Return a HorNet with these kernels by stage; widths double from ``width``."""
    down = op("conv_down", kernel=2, padding=0, before="layer_norm")
    blocks = [[_block(order, k)] * depth for depth, order, k in zip(DEPTHS, ORDERS, kernels, strict=True)]
    stages = pyramid(doubled(width), blocks, down)
    return network(
        stem=op("patch_stem", stride=4, kernel=4, padding=0, norm="layer_norm"), stages=stages, head=op("linear_head")
    )


def _block(order: int, kernel: int) -> Json:
    return block(
        residual=op("double", layer_scale=1e-6),
        mixer=op("gnconv", order=order, kernel=kernel),
        norm=op("layer_norm"),
        channel_mixer=op("mlp", expansion=4),
    )


FAMILY = Family(
    paper="Rao et al., HorNet, NeurIPS 2022, arXiv:2207.14284",
    year=2022,
    source="authors' paper",
    networks={
        "hornet_tiny_7x7": Published(hornet(64), 82.8),
        "hornet_base_7x7": Published(hornet(128), 84.2),
        "hornet_tiny_gf": Published(hornet(64, (7, 7, FOURIER, FOURIER)), 83.0, "MACs without the Fourier transforms"),
    },
)
