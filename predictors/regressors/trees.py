"""Trees: a forest of random ones (Geurts et al., 2006), and boosted ones (Friedman, 2001; Ke et al., NeurIPS 2017)."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV

from predictors.regressors._regressor import OnScale
from predictors.regressors.encoded import Encoded, Floats

_PENALTIES = np.logspace(-2, 3, 6)


class Forest(OnScale):
    """Extremely randomised trees; the deviation is that between the trees."""

    least = 20
    most = 2000

    def _learn(self, x: Encoded, z: Floats, sizes: Floats) -> None:
        self._model = ExtraTreesRegressor(100, max_features=0.5, random_state=0).fit(x.table, z)

    def _expect(self, x: Encoded) -> tuple[Floats, Floats]:
        each = np.array([tree.predict(x.table) for tree in self._model.estimators_])
        return each.mean(axis=0), each.std(axis=0)


class Boosting(OnScale):
    """Boosted trees of what a line leaves over, as trees follow no slope; the deviation is twice that of the errors on
    the examples.
    """

    least = 40

    def _learn(self, x: Encoded, z: Floats, sizes: Floats) -> None:
        self._line = RidgeCV(_PENALTIES).fit(x.table, z)
        left = z - self._line.predict(x.table)
        fewest = min(20, max(2, len(z) // 20))
        self._trees = HistGradientBoostingRegressor(
            learning_rate=0.1, max_iter=250, max_leaf_nodes=15, min_samples_leaf=fewest, max_features=0.4,
            random_state=0,
        ).fit(x.table, left)  # fmt: skip
        self._error = 2 * float(np.std(left - self._trees.predict(x.table)))

    def _expect(self, x: Encoded) -> tuple[Floats, float]:
        return self._line.predict(x.table) + self._trees.predict(x.table), 0.0
