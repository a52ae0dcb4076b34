"""UniRepLKNet: a kernel per block, large ones with dilated branches that merge, squeeze-and-excitation, GRN."""

from __future__ import annotations

from collections.abc import Sequence

from search_spaces.published.families._frame import Family, Json, Published, block, doubled, network, op, pyramid


def unireplknet(kernels: Sequence[Sequence[int]], width: int) -> Json:
    """Return the network of these kernels (one per block, by stage); widths double from ``width``."""
    down = op("conv_down", norm="layer_norm")
    stages = pyramid(doubled(width), [[_block(kernel) for kernel in row] for row in kernels], down)
    return network(stem=op("conv_stem", stride=4, norm="layer_norm"), stages=stages, head=op("linear_head"))


def _block(kernel: int) -> Json:
    large = op("dilated_reparam", kernel=kernel)
    return block(
        residual=op("single", layer_scale=1e-6),
        mixer=large if kernel > 3 else op("dw_conv", kernel=kernel),
        norm=op("batch_norm"),
        gate=op("se", reduction=4),
        channel_mixer=op("mlp", expansion=4, grn=True, norm="batch_norm"),
    )


def _small(depths: tuple[int, int, int, int]) -> list[list[int]]:
    """Kernel 3 in the first stage, 13 in all others."""
    return [[3 if i == 0 else 13] * depth for i, depth in enumerate(depths)]


def _large(depths: tuple[int, int, int, int], pattern: tuple[int, ...]) -> list[list[int]]:
    """As above, but the third stage repeats ``pattern``."""
    rows = _small(depths)
    rows[2] = [pattern[j % len(pattern)] for j in range(depths[2])]
    return rows


FAMILY = Family(
    paper="Ding et al., UniRepLKNet, CVPR 2024, arXiv:2311.15599",
    year=2024,
    source="authors' repository",
    networks={
        "unireplknet_a": Published(unireplknet(_small((2, 2, 6, 2)), 40), 77.0),
        "unireplknet_f": Published(unireplknet(_small((2, 2, 6, 2)), 48), 78.6),
        "unireplknet_p": Published(unireplknet(_small((2, 2, 6, 2)), 64), 80.2),
        "unireplknet_t": Published(unireplknet(_large((3, 3, 18, 3), (13, 3)), 80), 83.2),
        "unireplknet_b": Published(unireplknet(_large((3, 3, 27, 3), (13, 3, 3)), 128)),
    },
)
