"""Monotone changes of a scale, so that values spread evenly and errors of one size weigh alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import yeojohnson, yeojohnson_llf

from predictors.regressors.encoded import Floats


@dataclass(frozen=True)
class Warp:
    """Standardised values, those above ``centre`` by ``spread`` at 1; bent by the power of Yeo and Johnson, or logs.

    The power (Biometrika, 2000) lies between 0 and 2, where every number has an inverse: 1 is a straight line, 2
    draws a long tail of low values in, 0 one of high values.
    """

    centre: float
    spread: float
    power: float = 1.0
    log: bool = False

    @classmethod
    def straight(cls, y: Floats) -> Warp:
        """Return the scale that is only standardised."""
        return cls(float(y.mean()), _spread(y))

    @classmethod
    def logarithmic(cls, y: Floats) -> Warp:
        """Return the scale of logarithms of positive values."""
        return cls(float(np.log(y).mean()), _spread(np.log(y)), log=True)

    @classmethod
    def even(cls, y: Floats) -> Warp:
        """Return the power that makes values most normal."""
        straight = cls.straight(y)
        z = straight.forward(y)
        if np.abs(z).max() < 1e-6:  # equal values
            return straight
        found = minimize_scalar(lambda power: -yeojohnson_llf(power, z), bounds=(0, 2), method="bounded")
        return cls(straight.centre, straight.spread, float(found.x))

    def forward(self, y: Floats) -> Floats:
        """Return values on the new scale."""
        z = ((np.log(y) if self.log else y) - self.centre) / self.spread
        return z if self.power == 1.0 else np.asarray(yeojohnson(z, self.power))

    def backward(self, z: Floats) -> Floats:
        """Return values on their own scale."""
        y = self.centre + self.spread * self._unbent(z)
        return np.exp(y) if self.log else y

    def slope(self, z: Floats) -> Floats:
        """Return how much values on their own scale grow by one step of the new scale."""
        u = self._unbent(z)
        bend = (1 + np.abs(u)) ** np.where(u >= 0, 1 - self.power, self.power - 1)
        return self.spread * bend * (self.backward(z) if self.log else 1.0)

    def _unbent(self, z: Floats) -> Floats:
        if self.power == 1.0:
            return z
        return np.sign(z) * np.where(z >= 0, _grown(np.abs(z), self.power), _grown(np.abs(z), 2 - self.power))


def _spread(y: Floats) -> float:
    """Return the standard deviation, 1 where it is only the rounding of equal values."""
    spread = float(y.std())
    return spread if spread > 1e-12 * float(np.abs(y).max()) else 1.0


def _grown(z: Floats, power: float) -> Floats:
    """Return u >= 0 of which ((1 + u) ** power - 1) / power is z."""
    if power < 1e-6:
        return np.expm1(z)
    return np.expm1(np.log1p(power * z) / power)
