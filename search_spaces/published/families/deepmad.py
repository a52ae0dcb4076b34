"""DeepMAD: inverted bottlenecks with kernel 5, structured by a mathematical programme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from search_spaces.published.families._frame import Family, Json, Published, network, op, stage
from search_spaces.published.families._mobile import conv_stem, wrapped


class Row(NamedTuple):
    """One stage: the hidden channels of all its blocks are given, not their ratio."""

    width: int
    hidden: int
    depth: int
    stride: int


def deepmad(rows: Sequence[Row], stem: int, features: int, kernel: int = 5) -> Json:
    """Return the network of these rows; the first stage keeps the width of the stem."""
    stages, width = [], stem
    for row in rows:
        reshapes = (row.width, row.stride) != (width, 1)
        down = _mixer(width, row.hidden, kernel) if reshapes else None
        blocks = [wrapped(_mixer(row.width, row.hidden, kernel))] * (row.depth - reshapes)
        stages.append(stage(row.width, blocks, down, row.stride))
        width = row.width
    head = op("conv_head", features=features, activation="relu")
    return network(stem=conv_stem(stem, "relu"), stages=stages, head=head)


def _mixer(inputs: int, hidden: int, kernel: int) -> Json:
    """Return a block with an excitation of a quarter of the hidden channels, in steps of 8."""
    excited = max(1, round(hidden / 4) // 8) * 8
    return op(
        "inverted_bottleneck",
        expansion=round(hidden / inputs, 4),
        kernel=kernel,
        activation="silu",
        se=round(excited / inputs, 4),
        se_norm="batch_norm",
        closing="silu",
    )


FAMILY = Family(
    paper="Shen et al., DeepMAD: Mathematical Architecture Design for Deep CNNs, CVPR 2023, arXiv:2303.02165",
    year=2023,
    source="authors' repository",
    networks={
        "deepmad_29m": Published(
            deepmad(
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
    },
)
