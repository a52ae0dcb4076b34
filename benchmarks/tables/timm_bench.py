"""Throughput of timm's models by device, precision, layout and mode of execution (pytorch-image-models, results)."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from benchmarks.tables._table import Table, numbers, texts
from predictors.regressors import Encoded, standardised

_SETTING = ("mode", "precision", "layout", "torch", "device", "compiled")
_FAMILY = re.compile(r"[^a-z]")
_COSTS = ("gmacs", "macts", "param_count")


def table(frame: pd.DataFrame) -> Table:
    """Encode the costs in logarithms, the family (the name up to its first number or mark), and the setting."""
    frame = frame.dropna(subset=[*_COSTS, "img_size"]).reset_index(drop=True)
    costs = numbers(frame, *_COSTS, "img_size")
    logs = np.log(np.maximum(costs, 1e-3))
    genes, choices = [], []
    family = np.array([_FAMILY.split(name, maxsplit=1)[0] for name in texts(frame, "model")])
    for column in (family, *(texts(frame, name) for name in _SETTING)):
        known, index = np.unique(column, return_inverse=True)
        genes.append(index)
        choices.append(len(known))
    ratios = np.stack([logs[:, 0] - logs[:, 1], logs[:, 0] - logs[:, 2]], axis=1)
    groups = {"costs": standardised(logs), "ratios": standardised(ratios)}
    encoded = Encoded(np.array(genes).T, tuple(choices), groups)
    return Table(frame, encoded, {"macs": costs[:, 0], "activations": costs[:, 1], "params": costs[:, 2]})
