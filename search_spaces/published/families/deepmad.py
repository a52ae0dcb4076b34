"""DeepMAD: bottlenecks, inverted or not, with kernels of 5, structured by a mathematical programme."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from search_spaces.published.families._frame import Family, Json, Published, network, op, stage
from search_spaces.published.families._mobile import conv_stem, wrapped


class Row(NamedTuple):
    """One stage: the hidden channels of all its blocks are given, not their ratio."""

    width: int
    hidden: int
    depth: int
    stride: int
    kernel: int = 5


def mobile(rows: Sequence[Row], stem: int, features: int, resolution: int = 224) -> Json:
    """Return the network of inverted bottlenecks of these rows."""
    head = op("conv_head", features=features, activation="relu")
    stages = _stages(rows, stem, _inverted)
    return network(stem=conv_stem(stem, "relu"), stages=stages, head=head, resolution=resolution)


def residual(rows: Sequence[Row], stem: int) -> Json:
    """Return the network of bottlenecks of these rows."""
    head = op("linear_head", norm="none")
    return network(stem=conv_stem(stem, "relu"), stages=_stages(rows, stem, _bottleneck), head=head)


def _stages(rows: Sequence[Row], width: int, block: Callable[[int, Row], Json]) -> list[Json]:
    """Return the stages of these rows; ``width`` is that of the stem, which the first stage may keep."""
    stages = []
    for row in rows:
        reshapes = (row.width, row.stride) != (width, 1)
        down = block(width, row) if reshapes else None
        blocks = [wrapped(block(row.width, row))] * (row.depth - reshapes)
        stages.append(stage(row.width, blocks, down, row.stride))
        width = row.width
    return stages


def _inverted(inputs: int, row: Row) -> Json:
    """Return a block with an excitation of a quarter of the hidden channels, in steps of 8."""
    excited = max(1, round(row.hidden / 4) // 8) * 8
    return op(
        "inverted_bottleneck",
        expansion=round(row.hidden / inputs, 4),
        kernel=row.kernel,
        activation="silu",
        se=round(excited / inputs, 4),
        se_norm="batch_norm",
        closing="silu",
    )


def _bottleneck(inputs: int, row: Row) -> Json:
    ratio = round(row.hidden / row.width, 4)
    return op("bottleneck", ratio=ratio, kernel=row.kernel, shortcut="pool")


FAMILY = Family(
    paper="Shen et al., DeepMAD: Mathematical Architecture Design for Deep CNNs, CVPR 2023, arXiv:2303.02165",
    year=2023,
    source="authors' repository",
    networks={
        "deepmad_r18": Published(
            residual(
                [
                    Row(96, 40, 1, 2),
                    Row(384, 40, 6, 2),
                    Row(384, 64, 9, 2),
                    Row(1024, 104, 10, 1, 3),
                    Row(672, 104, 12, 2),
                ],
                stem=32,
            ),
            77.7,
        ),
        "deepmad_r34": Published(
            residual(
                [
                    Row(128, 24, 1, 2),
                    Row(512, 48, 10, 2),
                    Row(896, 88, 13, 2),
                    Row(1024, 104, 11, 1),
                    Row(616, 128, 14, 2),
                ],
                stem=24,
            ),
            79.7,
        ),
        "deepmad_r50": Published(
            residual(
                [
                    Row(128, 40, 1, 2),
                    Row(512, 48, 11, 2),
                    Row(872, 88, 12, 2),
                    Row(1024, 104, 13, 1),
                    Row(1232, 120, 15, 2),
                ],
                stem=32,
            ),
            80.6,
        ),
        "deepmad_29m": Published(
            mobile(
                [
                    Row(40, 240, 2, 1),
                    Row(85, 512, 4, 2),
                    Row(134, 800, 6, 2),
                    Row(201, 1208, 6, 2),
                    Row(312, 1872, 5, 2),
                ],
                stem=40,
                features=1792,
            ),
            82.5,
        ),
        "deepmad_29m_288": Published(
            mobile(
                [
                    Row(61, 368, 4, 2),
                    Row(96, 576, 4, 2),
                    Row(145, 872, 5, 2),
                    Row(217, 1304, 6, 1),
                    Row(328, 1968, 4, 2),
                ],
                stem=40,
                features=1792,
                resolution=288,
            ),
            82.8,
        ),
        "deepmad_50m": Published(
            mobile(
                [
                    Row(112, 672, 7, 2),
                    Row(168, 1008, 9, 2),
                    Row(252, 1512, 7, 2),
                    Row(378, 2272, 3, 2),
                    Row(576, 3456, 1, 1, 3),
                ],
                stem=48,
                features=2048,
            ),
            83.9,
        ),
        "deepmad_89m": Published(
            mobile(
                [
                    Row(136, 816, 10, 2),
                    Row(204, 1224, 9, 2),
                    Row(326, 1952, 7, 2),
                    Row(490, 2944, 4, 2),
                    Row(744, 4464, 1, 1, 3),
                ],
                stem=56,
                features=2560,
            ),
            84.0,
        ),
    },
)
