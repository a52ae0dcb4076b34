"""Probabilities in which every copy serves equally many values (Sinkhorn's algorithm, on logarithms)."""

from __future__ import annotations

import numpy as np

_TOLERANCE = 1e-5  # of the share of the values that each copy gets, relative
_ROUNDS = 1000


def balance(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities [values, copies] and the offsets [copies] that lead from logits to them.

    They are the softmax of logits + offsets, with offsets such that every copy has the same share of the values.
    Sinkhorn divides by the shares and normalises the rows in turns; where nearly every value is certain of its copy
    this takes thousands of rounds, so a round takes Newton's step instead where that comes closer.
    """
    offsets = np.zeros(logits.shape[1])
    for _ in range(_ROUNDS):
        rows = _normalised(logits + offsets)
        if _imbalance(rows) < _TOLERANCE:
            break
        steps = (_log_shares(rows), _newton(np.exp(rows)))
        offsets = min((offsets - step for step in steps), key=lambda new: _imbalance(_normalised(logits + new)))
    return np.exp(_normalised(logits + offsets)), offsets


def _normalised(rows: np.ndarray) -> np.ndarray:
    """Return the logarithms of the softmax of each row."""
    return rows - np.logaddexp.reduce(rows, axis=1, keepdims=True)


def _log_shares(rows: np.ndarray) -> np.ndarray:
    """Return the logarithm of the share of the values that each copy has, relative to an equal share."""
    return np.logaddexp.reduce(rows, axis=0) - np.log(len(rows) / rows.shape[1])


def _imbalance(rows: np.ndarray) -> float:
    return float(np.abs(np.expm1(_log_shares(rows))).max())


def _newton(probabilities: np.ndarray) -> np.ndarray:
    """Return by how much Newton's method lowers the offsets to equalise the shares."""
    values, copies = probabilities.shape
    shares = probabilities.mean(0)
    curvature = np.diag(shares) - probabilities.T @ probabilities / values
    return np.linalg.lstsq(curvature, shares - 1 / copies, rcond=1e-12)[0]
