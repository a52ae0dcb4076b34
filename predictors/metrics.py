"""How far a prediction is from the value itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


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
