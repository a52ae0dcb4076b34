"""Linear regression with a penalty chosen by leave-one-out (Hoerl and Kennard, Technometrics, 1970)."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import RidgeCV

from predictors.regressors._regressor import OnScale
from predictors.regressors.encoded import Encoded, Floats

_PENALTIES = np.logspace(-3, 3, 13)


class Ridge(OnScale):
    """Linear in the numbers, or in one-hot genes where there are none; the deviation is that of the examples."""

    additive = True
    quick = True

    def _learn(self, x: Encoded, z: Floats, sizes: Floats) -> None:
        self._model = RidgeCV(_PENALTIES).fit(_columns(x), z, sizes**-2)
        errors = (z - self._model.predict(_columns(x))) / sizes
        self._error = float(np.sqrt(np.mean(errors**2)))

    def _expect(self, x: Encoded) -> tuple[Floats, float]:
        return self._model.predict(_columns(x)), 0.0


def _columns(x: Encoded) -> Floats:
    return x.joined if x.numbers else x.one_hot
