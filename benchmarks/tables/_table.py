"""What every table becomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictors.regressors import Encoded
from search_spaces import InputError

_ABSOLUTE = ("acc", "top1", "top5", "mean_acc")


@dataclass(frozen=True)
class Table:
    """Rows of a file as networks. ``floors`` [N] by name are what orders networks without a measurement.

    ``sources`` [N,S] are latencies of other devices, where those are known.
    """

    frame: pd.DataFrame
    encoded: Encoded
    floors: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    least: float = 0.0  # values up to it are no measurements
    sources: NDArray[np.float64] | None = None

    def values(self, target: str) -> NDArray[np.float64]:
        """Return a column [N], NaN where it has no measurement. Raises InputError for one that holds no numbers."""
        if target not in self.frame:
            raise InputError(f"no column {target!r}; there are {', '.join(self.frame.columns)}")
        values = np.asarray(pd.to_numeric(self.frame[target], errors="coerce"), dtype=np.float64)
        if np.isnan(values).all():
            raise InputError(f"column {target!r} holds no numbers")
        return np.where(values > self.least, values, np.nan)

    @staticmethod
    def relative(target: str) -> bool:
        """Return whether relative errors of a column count, as for times; not those of accuracies."""
        return not target.startswith(_ABSOLUTE) and not any(f"_{name}" in target for name in _ABSOLUTE)


def numbers(frame: pd.DataFrame, *columns: str) -> NDArray[np.float64]:
    """Return columns as numbers [N,K]."""
    return np.asarray(frame[list(columns)], dtype=np.float64)


def texts(frame: pd.DataFrame, column: str) -> NDArray[np.str_]:
    """Return a column as texts [N]."""
    return np.asarray(frame[column], dtype=str)


def split(frame: pd.DataFrame, column: str) -> NDArray[np.int64]:
    """Return the values [N,G] of a column of texts such as 3-5-7."""
    return np.array([[int(part) for part in text.split("-")] for text in texts(frame, column)])


def indices(values: NDArray[np.int64], choices: Iterable[int]) -> NDArray[np.int64]:
    """Return the place of every value among the choices."""
    known = list(choices)
    return np.vectorize({value: i for i, value in enumerate(known)}.__getitem__, otypes=[np.int64])(values)
