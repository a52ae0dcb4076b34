"""Once-for-all's MobileNetV3 space (Cai et al., ICLR 2020): five stages of two to four blocks, and the resolution."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.tables._table import Table, indices, numbers, split
from predictors.regressors import Encoded, standardised

_WIDTHS = (16, 24, 40, 80, 112, 160)  # into the first stage, then of each
_STRIDES = (2, 2, 2, 1, 2)
_BLOCKS = 4  # of a stage at most
_KERNELS, _EXPANSIONS, _DEPTHS = (3, 5, 7), (3, 4, 6), (2, 3, 4)


def table(frame: pd.DataFrame) -> Table:
    """Encode kernels and expansions of the blocks that exist, depths, resolution, and costs by stage."""
    kernels, expansions, depths = (split(frame, name) for name in ("ks", "e", "d"))
    resolution = numbers(frame, "r")[:, 0]
    exists = np.repeat(depths, _BLOCKS, axis=1) > np.tile(np.arange(_BLOCKS), depths.shape[1])
    sides = sorted(set(resolution.tolist()))
    genes = np.hstack([
        np.where(exists, indices(kernels, _KERNELS), -1), np.where(exists, indices(expansions, _EXPANSIONS), -1),
        indices(depths, _DEPTHS), np.searchsorted(sides, resolution)[:, None],
    ])  # fmt: skip
    choices = (3,) * (2 * exists.shape[1] + depths.shape[1])
    area, stages = resolution[:, None] ** 2, exists.reshape(len(frame), -1, _BLOCKS)
    e = np.where(stages, expansions.reshape(stages.shape), 0)
    k = np.where(stages, kernels.reshape(stages.shape), 0)
    pointwise, depthwise, blocks = e.sum(axis=2), (e * k**2).sum(axis=2), stages.sum(axis=2)
    first = e[:, :, 0]
    width, side = np.array(_WIDTHS, dtype=float), 2.0 * np.cumprod(_STRIDES)
    into, out = width[:-1], width[1:]
    macs = (pointwise - first) * 2 * out**2 + first * out * (into + out) + depthwise * out
    macs = macs / side**2 + first * into**2 * (np.array(_STRIDES) ** 2 - 1) / side**2
    sums = np.hstack([
        np.ones((len(frame), 1)), area, pointwise * area, depthwise * area, blocks * area, blocks, first * area
    ])  # fmt: skip
    groups = {
        "size": standardised(np.hstack([area, blocks, blocks.sum(axis=1, keepdims=True)])),
        "costs": standardised(np.hstack([pointwise * area, depthwise * area, (macs * area).sum(axis=1)[:, None]])),
        "shape": standardised(np.hstack([pointwise, depthwise])),
    }
    return Table(frame, Encoded(genes, (*choices, len(sides)), groups, sums), {"macs": (macs * area).sum(axis=1)})
