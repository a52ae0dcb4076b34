"""Accel-NASBench (Ahmad et al., 2024): MnasNet's space, seven stages of expansion, kernel, layers, and attention."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.tables._table import Table, indices, numbers, split
from predictors.regressors import Encoded, standardised


def table(frame: pd.DataFrame) -> Table:
    """Encode choices, layers weighed by expansion and kernel in each stage, and costs where the table has them."""
    e, k, layers, squeeze = (split(frame, name) for name in ("e", "k", "l", "se"))
    parts = [(values, sorted(set(values.ravel().tolist()))) for values in (e, k, layers, squeeze)]
    genes = np.hstack([indices(values, known) for values, known in parts])
    choices = tuple(len(known) for values, known in parts for _ in range(values.shape[1]))
    products = np.hstack([layers, e * layers, e * k**2 * layers, squeeze * layers, squeeze * e * layers]).astype(float)
    groups = {"products": standardised(products)}
    sums = np.hstack([np.ones((len(frame), 1)), products])
    floors = {}
    known = [name for name in ("macs_m", "params_m") if name in frame]
    if known:
        costs = numbers(frame, *known)
        groups["costs"], sums = standardised(np.log(costs)), np.hstack([sums, costs])
        floors = {name.removesuffix("_m"): costs[:, i] for i, name in enumerate(known)}
    return Table(frame, Encoded(genes, choices, groups, sums), floors)
