"""NAS-Bench-201 (Dong and Yang, ICLR 2020): a cell of six edges among four nodes, five operations each."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.tables._table import Table
from predictors.regressors import Encoded, standardised

_OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
_EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))  # in the order of arch_str
_CONV_MACS = (0, 0, 1, 9, 0)


def table(frame: pd.DataFrame) -> Table:
    """Encode edges, operations by number, and those on a way from input to output.

    Pixel 3 and Raspberry Pi 4 hold values near zero for empty cells: below 0.2 ms is no measurement.
    """
    genes = np.array([[_OPS.index(op) for op in re.findall(r"([a-z_0-9]+)~\d", text)] for text in frame["arch_str"]])
    counts = (genes[:, :, None] == np.arange(len(_OPS))).sum(axis=1).astype(float)
    numbers = {"counts": standardised(counts), "live": standardised(np.array([_live(row) for row in genes]))}
    macs = np.array(_CONV_MACS)[genes].sum(axis=1).astype(float)
    sums = np.hstack([counts[:, 1:], np.ones((len(genes), 1))])  # each operation takes its time, and the rest its own
    encoded = Encoded(genes, (len(_OPS),) * len(_EDGES), numbers, sums)
    return Table(frame, encoded, {"macs": macs}, least=0.2)


def _live(ops: NDArray[np.int64]) -> list[float]:
    """Return counts of operations on ways from input to output, then the longest way's and all ways' convolutions."""
    edges = {edge: int(op) for edge, op in zip(_EDGES, ops, strict=True) if op}
    ways = [
        way
        for way in (((0, 3),), ((0, 1), (1, 3)), ((0, 2), (2, 3)), ((0, 1), (1, 2), (2, 3)))
        if all(edge in edges for edge in way)
    ]
    used = {edge for way in ways for edge in way}
    counts = [float(sum(edges[edge] == op for edge in used)) for op in range(1, len(_OPS))]
    convolutions = [sum(_CONV_MACS[edges[edge]] > 0 for edge in way) for way in ways] or [0]
    skips = any(all(edges[edge] == 1 for edge in way) for way in ways)
    return [*counts, float(max(convolutions)), float(sum(convolutions)), float(len(ways)), float(skips)]
