"""NAS-Bench-Macro (Su et al., CVPR 2021): eight blocks in three stages, each left out or one of two MBConvs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.tables._table import Table, numbers, texts
from predictors.regressors import Encoded, standardised

_STAGES = ((0, 2), (2, 5), (5, 8))


def table(frame: pd.DataFrame) -> Table:
    """Encode blocks, blocks by kind in each stage and in all, and costs."""
    genes = np.array([[int(digit) for digit in text.zfill(8)] for text in texts(frame, "arch")])
    counts = [(genes[:, low:high] == kind).sum(axis=1) for low, high in (*_STAGES, (0, 8)) for kind in (1, 2)]
    groups = {"counts": standardised(np.array([*counts, (genes > 0).sum(axis=1)]).T.astype(float))}
    costs = numbers(frame, "params", "flops")
    groups["costs"] = standardised(np.log(costs))
    floors = {"params": costs[:, 0], "macs": costs[:, 1]}
    return Table(frame, Encoded(genes, (3,) * 8, groups), floors)
