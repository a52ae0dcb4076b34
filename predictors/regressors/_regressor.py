"""The contract of regressors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import numpy as np

from predictors.regressors.encoded import Encoded, Floats
from predictors.regressors.warp import Warp


class Regressor(ABC):
    """Learns one number of networks from examples; equal examples give equal predictions.

    ``relative`` says which errors count: relative ones (latencies, which are positive) or absolute ones (accuracies).
    """

    least = 2  # examples that `fit` needs
    most = 10**9  # examples that it can take in reasonable time
    quick = False  # whether it learns in no time

    def __init__(self, relative: bool = False):
        self.relative = relative

    @classmethod
    def suits(cls, x: Encoded) -> bool:
        """Return whether it can learn from networks that are encoded so."""
        return bool(x.choices or x.numbers)

    def fit(self, x: Encoded, y: Floats) -> Self:
        """Learn from networks with their values [N].

        Raises ValueError for too few of them, for values that are not finite, and for such as are not positive where
        relative errors count.
        """
        y = np.asarray(y, dtype=np.float64)
        if len(y) != len(x) or len(y) < self.least:
            raise ValueError(f"{type(self).__name__} needs at least {self.least} networks, found {len(y)} of {len(x)}")
        if not np.isfinite(y).all() or (self.relative and y.min() <= 0):
            raise ValueError("values must be finite" + (" and positive" if self.relative else ""))
        self._fit(x, y)
        return self

    @abstractmethod
    def predict(self, x: Encoded) -> tuple[Floats, Floats]:
        """Return the mean [N] and the standard deviation [N] of the networks' values."""

    @abstractmethod
    def _fit(self, x: Encoded, y: Floats) -> None: ...


class OnScale(Regressor):
    """A regressor that sees values on a scale where their errors are alike."""

    # Whether it finds sums best: relative errors then weigh the examples. Others see logarithms instead.
    additive = False
    _error = 0.0  # of an example on the scale of ``z``, where its size is 1

    def _fit(self, x: Encoded, y: Floats) -> None:
        self._learn(x, self._rescaled(y), self._sizes(y))

    def predict(self, x: Encoded) -> tuple[Floats, Floats]:
        z, unknown = self._expect(x)
        mean = self._warp.backward(z)
        return mean, self._warp.slope(z) * np.hypot(unknown, self._error * self._sizes(mean))

    def _rescaled(self, y: Floats) -> Floats:
        """Choose the scale by values, and return them on it."""
        self._warp = self._scale(y)
        self._middle = float(y.mean()) if self.additive and self.relative else 0.0
        return self._warp.forward(y)

    def _scale(self, y: Floats) -> Warp:
        if not self.relative:
            return Warp.even(y)
        return Warp.straight(y) if self.additive else Warp.logarithmic(y)

    def _sizes(self, y: Floats) -> Floats:
        """Return by how much more than the others each value may be off: in proportion to it, or all alike."""
        return np.abs(y) / self._middle if self._middle else np.ones(len(y))

    @abstractmethod
    def _learn(self, x: Encoded, z: Floats, sizes: Floats) -> None:
        """Learn from values of about zero mean and unit spread, whose errors are expected to be as ``sizes``."""

    @abstractmethod
    def _expect(self, x: Encoded) -> tuple[Floats, Floats | float]:
        """Return what is expected on the scale of ``z``, and the deviation that comes from knowing too few networks."""
