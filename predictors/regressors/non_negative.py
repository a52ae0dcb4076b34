"""A sum of quantities with coefficients that are not negative (Lawson and Hanson, 1974)."""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from predictors.regressors._regressor import Regressor
from predictors.regressors.encoded import Encoded, Floats


class NonNegative(Regressor):
    """The sum of ``sums``, each by its coefficient; the deviation is that of the examples."""

    quick = True

    @classmethod
    def suits(cls, x: Encoded) -> bool:
        return x.sums is not None

    def _fit(self, x: Encoded, y: Floats) -> None:
        sizes = np.abs(y) if self.relative else np.ones(len(y))
        sums = _sums(x)
        scale = sums.max(axis=0)
        scale[scale == 0] = 1.0
        found, _ = nnls(sums / scale / sizes[:, None], y / sizes, maxiter=100 * sums.shape[1])
        self.coefficients = found / scale
        self._error = float(np.sqrt(np.mean(((y - sums @ self.coefficients) / sizes) ** 2)))

    def predict(self, x: Encoded) -> tuple[Floats, Floats]:
        mean = _sums(x) @ self.coefficients
        return mean, self._error * (np.abs(mean) if self.relative else np.ones(len(x)))


def _sums(x: Encoded) -> Floats:
    if x.sums is None:
        raise ValueError("these networks have no quantities of which a value is a sum")
    return x.sums
