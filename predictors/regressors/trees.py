"""Trees: a forest of random ones (Geurts et al., 2006), and boosted ones (Friedman, 2001)."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor

from predictors.regressors._regressor import OnScale
from predictors.regressors.encoded import Encoded, Floats


class Forest(OnScale):
    """Extremely randomised trees; the deviation is that between the trees."""

    def _learn(self, x: Encoded, z: Floats, sizes: Floats) -> None:
        self._model = ExtraTreesRegressor(200, max_features=0.5, random_state=0).fit(x.table, z)

    def _expect(self, x: Encoded) -> tuple[Floats, Floats]:
        each = np.array([tree.predict(x.table) for tree in self._model.estimators_])
        return each.mean(axis=0), each.std(axis=0)


class Boosting(OnScale):
    """Gradient boosting of shallow trees; the deviation is twice that of the errors on the examples."""

    def _learn(self, x: Encoded, z: Floats, sizes: Floats) -> None:
        self._model = GradientBoostingRegressor(
            n_estimators=400, learning_rate=0.05, max_depth=3, subsample=0.7, max_features=0.5, random_state=0
        ).fit(x.table, z)
        self._error = 2 * float(np.std(z - self._model.predict(x.table)))

    def _expect(self, x: Encoded) -> tuple[Floats, float]:
        return self._model.predict(x.table), 0.0
