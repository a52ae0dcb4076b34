"""FBNet (Wu et al., CVPR 2019): 22 layers of inverted bottlenecks, nine choices each."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.tables._table import Table, split
from predictors.regressors import Encoded, standardised

# kernel, expansion, groups of each choice; the last one leaves the layer out where it can
_CHOICES = ((3, 1, 1), (3, 1, 2), (3, 3, 1), (3, 6, 1), (5, 1, 1), (5, 1, 2), (5, 3, 1), (5, 6, 1))
_SKIP = len(_CHOICES)
_STAGES = (
    (16, 1, 1),
    (24, 4, 2),
    (32, 4, 2),
    (64, 4, 2),
    (112, 4, 1),
    (184, 4, 2),
    (352, 1, 1),
)  # each: width, layers, stride
_SIDE = 112  # after the stem


def table(frame: pd.DataFrame) -> Table:
    """Encode layers, choices by number in each stage, and costs by kind."""
    genes = split(frame, "ops")
    starts = np.cumsum([0, *(layers for _, layers, _ in _STAGES)])
    counts = [
        (genes[:, low:high] == choice).sum(axis=1) for low, high in pairwise(starts) for choice in range(_SKIP + 1)
    ]
    costs = _costs()[np.arange(genes.shape[1]), genes].sum(axis=1)
    sums = np.hstack([np.ones((len(genes), 1)), costs])
    numbers = {"counts": standardised(np.array(counts).T.astype(float)), "costs": standardised(costs)}
    encoded = Encoded(genes, (_SKIP + 1,) * genes.shape[1], numbers, sums)
    return Table(frame, encoded, {"macs": costs[:, 0] + costs[:, 1], "params": costs[:, 2]})


def _costs() -> NDArray[np.float64]:
    """Return pointwise and depthwise MACs, parameters, and elements written, of each layer and choice [22,9,4]."""
    found, width, side = [], 16, _SIDE
    for outputs, layers, stride in _STAGES:
        for layer in range(layers):
            step = stride if layer == 0 else 1
            found.append([_layer(width, outputs, side, step, *choice) for choice in _CHOICES] + [[0.0] * 4])
            width, side = outputs, side // step
    return np.array(found)


def _layer(inputs: int, outputs: int, side: int, stride: int, kernel: int, expansion: int, groups: int) -> list[float]:
    hidden, after = inputs * expansion, side // stride
    wide, deep = inputs * hidden / groups, hidden * outputs / groups
    pointwise, depthwise = wide * side**2 + deep * after**2, hidden * kernel**2 * after**2
    written = hidden * (side**2 + after**2) + outputs * after**2
    return [float(pointwise), float(depthwise), wide + deep + hidden * kernel**2, float(written)]
