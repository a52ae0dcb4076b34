"""A sum that leans on what others expect: other devices' predictors, or the blocks of a network alone.

Few measurements can not tell twenty coefficients. Those of the structure are therefore drawn to nothing, those of what
others expect are free; by how much is chosen by cross-validation.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from predictors.regressors import Encoded
from predictors.regressors.encoded import Floats
from predictors.regressors.non_negative import NonNegative

_PENALTIES = (0.0, 1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0)
_FOLDS = 10


class Leaning(NonNegative):
    """The first ``free`` of the sums have a coefficient without a penalty; relative errors count."""

    free = 0

    def _fit(self, x: Encoded, y: Floats) -> None:
        assert x.sums is not None
        shares = x.sums / y[:, None]
        self._sizes = shares.mean(axis=0)  # so that a coefficient of one is a column that explains everything
        self._sizes[self._sizes == 0] = 1.0
        shares = shares / self._sizes
        errors = [self._error_of(shares, penalty) for penalty in _PENALTIES]
        found = self._solved(shares, _PENALTIES[int(np.argmin(errors))])
        self.coefficients = found / self._sizes
        self._error = float(np.sqrt(np.mean((shares @ found - 1) ** 2)))

    def _error_of(self, shares: Floats, penalty: float) -> float:
        """Return the mean squared relative error of rows that were left out."""
        folds = np.arange(len(shares)) % _FOLDS
        kept = [fold for fold in range(_FOLDS) if 0 < (folds == fold).sum() < len(shares)]
        return sum(
            float(np.sum((shares[folds == fold] @ self._solved(shares[folds != fold], penalty) - 1) ** 2))
            for fold in kept
        )

    def _solved(self, shares: Floats, penalty: float) -> Floats:
        """Return the coefficients whose sums come nearest to one."""
        count = shares.shape[1]
        pull = np.sqrt(penalty * len(shares)) * np.eye(count)[self.free :]
        rows, wanted = np.vstack([shares, pull]), np.concatenate([np.ones(len(shares)), np.zeros(len(pull))])
        return nnls(rows, wanted, maxiter=100 * count)[0]


def leaning_on(hints: int) -> type[NonNegative]:
    """Return the regressor of sums of which the first ``hints`` are what others expect."""
    return type("Leaning", (Leaning,), {"free": hints}) if hints else NonNegative
