"""An ensemble of multi-layer perceptrons from different starts (Lakshminarayanan et al., NeurIPS 2017)."""

from __future__ import annotations

import numpy as np
from sklearn.neural_network import MLPRegressor

from predictors.regressors._regressor import OnScale
from predictors.regressors.encoded import Encoded, Floats

_MEMBERS = 3


class Perceptrons(OnScale):
    """Two hidden layers each; the deviation is that between the members."""

    least = 30
    most = 600

    def _learn(self, x: Encoded, z: Floats, sizes: Floats) -> None:
        self._models = [
            MLPRegressor(hidden_layer_sizes=(32, 32), solver="lbfgs", alpha=0.1, max_iter=120, random_state=seed)
            for seed in range(_MEMBERS)
        ]
        for model in self._models:
            model.fit(x.table, z)

    def _expect(self, x: Encoded) -> tuple[Floats, Floats]:
        each = np.array([model.predict(x.table) for model in self._models])
        return each.mean(axis=0), each.std(axis=0)
