"""How good a prediction is: rank agreement and relative error."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import kendalltau


def tau(predicted: ArrayLike, true: ArrayLike) -> float:
    """Return Kendall's tau-b, from -1 to 1; 0 where either side is constant."""
    result: Any = kendalltau(predicted, true)
    value = float(result.statistic)
    return 0.0 if np.isnan(value) else value


def relative_errors(predicted: ArrayLike, true: ArrayLike) -> np.ndarray:
    """Return |predicted - true| / true."""
    true = np.asarray(true, dtype=float)
    return np.abs(np.asarray(predicted, dtype=float) - true) / true


def mape(predicted: ArrayLike, true: ArrayLike) -> float:
    """Return the mean relative error (0.05 is 5 %)."""
    return float(relative_errors(predicted, true).mean())


def within(predicted: ArrayLike, true: ArrayLike, tolerance: float = 0.10) -> float:
    """Return the share of predictions whose relative error is at most ``tolerance``."""
    return float((relative_errors(predicted, true) <= tolerance).mean())
