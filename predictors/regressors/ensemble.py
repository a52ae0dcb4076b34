"""Several regressors, weighed by how well each predicts what it has not seen, with calibrated deviations.

Stacking with non-negative weights (Breiman, Machine Learning, 1996); the deviations are scaled so that 90 % intervals
hold that share of the cross-validated errors (conformal, Vovk et al., 2005). They are taken from the models of the
folds, as those errors were (CV+, Barber et al., Annals of Statistics, 2021): a model of all examples can be surer of
itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from predictors.regressors._regressor import Regressor
from predictors.regressors.encoded import Encoded, Floats
from predictors.regressors.warp import Warp

COVERAGE = 0.90
NORMAL = 1.6449  # standard deviations of half a 90 % interval
_FOLDS, _FOLDS_OF_MANY, _MANY = 5, 3, 500
_ENOUGH = 10  # examples of a fold that tell who is far behind
_BEHIND = 1.3  # times the error of the best one
_LEAST = 0.01  # of the least example
_HUBER, _MEDIAN = 1.345, 0.6745  # deviations beyond which an error counts less; the median error of a normal one
_REWEIGHED = 10  # times
_EVEN = 10  # examples that speak for equal weights


class Ensemble(Regressor):
    """Members by name; ``weights`` says after `fit` what each contributes.

    Members that the networks do not suit, or their number, are left out, and such as take their time and are far
    behind on the first fold. ``unseen`` holds what each of the others predicts of every example without it, mean and
    standard deviation [N]; ``cross_validated`` the same of all together, calibrated.
    """

    least = 5

    def __init__(self, members: Mapping[str, type[Regressor]], relative: bool = False):
        super().__init__(relative)
        self.members = members
        self.weights: dict[str, float] = {}
        self.unseen: dict[str, tuple[Floats, Floats]] = {}
        self.cross_validated: tuple[Floats, Floats] = (np.zeros(0), np.zeros(0))

    def _fit(self, x: Encoded, y: Floats) -> None:
        # A sum can come out at nothing for a network unlike the examples; no value of a relative kind is that small.
        self._least = _LEAST * float(y.min()) if self.relative else -np.inf
        scale = Warp.logarithmic(y) if self.relative else Warp.even(y)
        count = _FOLDS if len(y) < _MANY else _FOLDS_OF_MANY
        fewest = len(y) - ceil(len(y) / count)
        able = {
            name: kind
            for name, kind in self.members.items()
            if kind.suits(x) and kind.least <= fewest and len(y) <= kind.most
        }
        self._by_fold: dict[str, list[Regressor]] = {name: [] for name in able}
        folds = np.random.default_rng(0).permutation(len(y)) % count
        self.unseen = self._unseen(able, x, y, scale, folds)
        self.weights = self._weighed(scale, y, np.full(len(y), True))
        self._models = {name: able[name](self.relative).fit(x, y) for name in self.weights}
        mean, sd = self._judged(scale, y, folds)
        self._calibration = _calibration(np.abs(y - mean), sd)
        self.cross_validated = mean, sd * self._calibration

    def predict(self, x: Encoded) -> tuple[Floats, Floats]:
        mean, sd = _mix(self.weights, {name: (mean, self._doubt(name, x)) for name, mean in self.each(x).items()})
        return mean, sd * self._calibration

    def each(self, x: Encoded) -> dict[str, Floats]:
        """Return what every member that has a weight predicts [N]."""
        return {name: self._predicted(model, x)[0] for name, model in self._models.items()}

    def _unseen(
        self, able: Mapping[str, type[Regressor]], x: Encoded, y: Floats, scale: Warp, folds: NDArray[np.int64]
    ) -> dict[str, tuple[Floats, Floats]]:
        """Return what members predict of each example from the other folds; of those not far behind on the first."""
        found = {name: (np.zeros(len(y)), np.zeros(len(y))) for name in able}
        for fold in range(folds.max() + 1):
            held = folds == fold
            known, new = x.take(~held), x.take(held)
            for name, (mean, sd) in found.items():
                model = able[name](self.relative).fit(known, y[~held])
                mean[held], sd[held] = self._predicted(model, new)
                self._by_fold[name].append(model)
            if fold == 0 and held.sum() >= _ENOUGH:
                errors = {name: _error(scale, mean[held], y[held]) for name, (mean, _) in found.items()}
                limit = _BEHIND * min(errors.values())
                found = {name: found[name] for name in found if able[name].quick or errors[name] <= limit}
        return found

    def _weighed(self, scale: Warp, y: Floats, rows: NDArray[np.bool_]) -> dict[str, float]:
        """Return the weights by name, those above nothing, that suit some of the examples."""
        unseen = np.array([scale.forward(mean[rows]) for mean, _ in self.unseen.values()])
        weights = _weights(unseen, scale.forward(y[rows]))
        return {name: float(w) for name, w in zip(self.unseen, weights, strict=True) if w > 0}

    def _judged(self, scale: Warp, y: Floats, folds: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Return mean and deviation [N] of every example, mixed by weights that did not see it either."""
        mean, sd = np.zeros(len(y)), np.zeros(len(y))
        for fold in range(folds.max() + 1):
            held = folds == fold
            unseen = {name: (means[held], sds[held]) for name, (means, sds) in self.unseen.items()}
            mean[held], sd[held] = _mix(self._weighed(scale, y, ~held), unseen)
        return mean, sd

    def _doubt(self, name: str, x: Encoded) -> Floats:
        """Return the deviation [N] of a member's models of the folds."""
        return np.sqrt(np.mean([model.predict(x)[1] ** 2 for model in self._by_fold[name]], axis=0))

    def _predicted(self, model: Regressor, x: Encoded) -> tuple[Floats, Floats]:
        mean, sd = model.predict(x)
        return np.maximum(mean, self._least), sd


def _mix(weights: Mapping[str, float], predictions: Mapping[str, tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Return mean and standard deviation [N] of the mixture of those that have a weight."""
    shares = np.array(list(weights.values()))[:, None]
    means, sds = (np.array([predictions[name][i] for name in weights]) for i in (0, 1))
    mean = (shares * means).sum(axis=0)
    return mean, np.sqrt((shares * (sds**2 + (means - mean) ** 2)).sum(axis=0)) + 1e-12


def _error(scale: Warp, mean: Floats, y: Floats) -> float:
    """Return the root of the mean squared error on a scale."""
    return float(np.sqrt(np.mean((scale.forward(mean) - scale.forward(y)) ** 2)))


def _weights(predictions: Floats, y: Floats) -> Floats:
    """Return the weights, none negative and one in sum, of the predictions [M,N] that come nearest to y [N].

    Examples that all miss by far count less (Huber, Annals of Mathematical Statistics, 1964): a disturbed measurement
    says nothing of the members.
    """
    found = _least_squares(predictions, y)
    for _ in range(_REWEIGHED):
        errors = np.abs(found @ predictions - y)
        usual = max(float(np.median(errors)), 1e-12) / _MEDIAN
        root = np.sqrt(np.minimum(1.0, _HUBER * usual / np.maximum(errors, 1e-12)))
        found = _least_squares(predictions * root, y * root)
    return found


def _least_squares(predictions: Floats, y: Floats) -> Floats:
    """Return the weights of least squared error, drawn to equal ones.

    With few examples the error of a member is chance, and a plain mean is hard to beat (Clemen, International Journal
    of Forecasting, 1989).
    """
    errors = np.mean((predictions - y) ** 2, axis=1)
    even = np.full(len(errors), 1 / len(errors))
    strength = np.sqrt(errors.min() * _EVEN)
    sums = 1e3 * (np.sqrt(np.mean(y**2)) or 1.0) * np.ones((1, len(errors)))  # so that the weights add up to one
    pulled = np.vstack([predictions.T, strength * np.eye(len(errors)), sums])
    found, _ = nnls(pulled, np.concatenate([y, strength * even, sums[0, :1]]), maxiter=1000)
    found[found < 0.02] = 0.0
    return found / found.sum()


def _calibration(errors: Floats, sd: Floats) -> float:
    """Return what to multiply ``sd`` by, so that ± 1.645 of it hold 90 % of the errors."""
    ratios = np.sort(errors / sd)
    rank = min(len(ratios), ceil((len(ratios) + 1) * COVERAGE))
    return float(ratios[rank - 1] / NORMAL)
