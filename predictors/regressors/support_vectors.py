"""Support vector regression with a Gaussian kernel (Drucker et al., NeurIPS 1996)."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVR

from predictors.regressors._regressor import OnScale
from predictors.regressors.encoded import Encoded, Floats


class SupportVectors(OnScale):
    """Penalty and width by three-fold cross-validation; the deviation is that of its errors."""

    least = 30
    most = 600

    def _learn(self, x: Encoded, z: Floats, sizes: Floats) -> None:
        grid = {"C": [1.0, 10.0, 100.0], "gamma": np.array([0.1, 0.3, 1.0]) / max(1, x.table.shape[1])}
        search = GridSearchCV(SVR(epsilon=0.02), grid, cv=3, scoring="neg_mean_squared_error")
        self._model = search.fit(x.table, z)
        self._error = float(np.sqrt(-search.best_score_))

    def _expect(self, x: Encoded) -> tuple[Floats, float]:
        return self._model.predict(x.table), 0.0
