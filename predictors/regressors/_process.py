"""Gaussian processes with any kernel (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize

from predictors.regressors._regressor import OnScale
from predictors.regressors.encoded import Encoded, Floats

CONSTANT = 10.0  # variance of the mean
_JITTER = 1e-8
_STEPS = 60
_SOME, _MORE = 250, 500  # examples that hyper-parameters are learned from: a fifth, within these bounds
_LEAST, _MOST = np.log(1e-6), np.log(1e3)


@dataclass(frozen=True)
class Prior:
    """Of a hyper-parameter, for values of unit spread: log-normal, by its median and the sd of its logarithm."""

    median: float
    sd: float


_NOISE = Prior(0.02, 2.0)  # variance


class Kernel(ABC):
    """A covariance of networks, `CONSTANT` included; ``priors`` are of its parameters in order."""

    priors: Sequence[Prior]

    @abstractmethod
    def between(self, a: Encoded, b: Encoded, parameters: Floats) -> Floats:
        """Return the covariance [A,B]."""

    @abstractmethod
    def diagonal(self, x: Encoded, parameters: Floats) -> Floats:
        """Return the variance [N] of each network."""

    @abstractmethod
    def of(self, x: Encoded) -> Callable[[Floats], tuple[Floats, Callable[[Floats], Floats]]]:
        """Return a function of the parameters that gives the covariance [N,N] of networks, and what turns a matrix
        [N,N] into its products with the derivatives by the parameters' logarithms [P].
        """


class Process(OnScale):
    """Hyper-parameters at the maximum of their posterior."""

    @abstractmethod
    def _kernel_of(self, x: Encoded) -> Kernel: ...

    def refit(self, x: Encoded, y: Floats) -> Self:
        """Learn from other networks with the hyper-parameters as they are: `fit` takes long to find them."""
        z = self._rescaled(y)
        self._condition(x, z, self._sizes(y))
        return self

    def posterior(self, x: Encoded) -> Posterior:
        """Return what is expected of networks [N], to be changed as some become known."""
        return Posterior(self, x)

    def _learn(self, x: Encoded, z: Floats, sizes: Floats) -> None:
        self._kernel = self._kernel_of(x)
        count = min(max(_SOME, len(x) // 5), _MORE)
        some = np.random.default_rng(0).permutation(len(x))[:count]
        *parameters, noise = _most_likely(self._kernel, x.take(some), z[some], sizes[some] ** 2)
        self._parameters, self._error = np.array(parameters), float(np.sqrt(noise))
        self._condition(x, z, sizes)

    def _condition(self, x: Encoded, z: Floats, sizes: Floats) -> None:
        noise = self._error**2 * sizes**2 + _JITTER
        covariance = self._kernel.between(x, x, self._parameters) + np.diag(noise)
        self._x, self._factor = x, cho_factor(covariance, lower=True)
        self._weights = cho_solve(self._factor, z)

    def _expect(self, x: Encoded) -> tuple[Floats, Floats]:
        z, explained = self._explain(x)
        unknown = np.maximum(self._kernel.diagonal(x, self._parameters) - (explained**2).sum(axis=0), 0.0)
        return z, np.sqrt(unknown)

    def _explain(self, x: Encoded) -> tuple[Floats, Floats]:
        """Return what is expected [N], and the rows [examples,N] whose squares are the variance that is explained."""
        across = self._kernel.between(self._x, x, self._parameters)
        return self._weights @ across, solve_triangular(self._factor[0], across, lower=True, check_finite=False)


class Posterior:
    """What a process expects of N networks: ``mean`` and ``sd`` [N], the error of an example left out."""

    def __init__(self, process: Process, x: Encoded):
        self._process, self._x = process, x
        z, self._explained = process._explain(x)
        self._unknown = process._kernel.diagonal(x, process._parameters) - (self._explained**2).sum(axis=0)
        self.mean, self._slope = process._warp.backward(z), process._warp.slope(z)

    @property
    def sd(self) -> Floats:
        """The standard deviation of each network's value."""
        return self._slope * np.sqrt(np.maximum(self._unknown, 0.0))

    def assume(self, row: int) -> None:
        """Take for known that one of the networks is as expected: those like it become surer."""
        process = self._process
        noise = process._error**2 + _JITTER
        across = process._kernel.between(self._x.take(np.array([row])), self._x, process._parameters)[0]
        rest = across - self._explained[:, row] @ self._explained
        new = rest / np.sqrt(max(self._unknown[row], 0.0) + noise)
        self._explained, self._unknown = np.vstack([self._explained, new]), self._unknown - new**2


def _most_likely(kernel: Kernel, x: Encoded, z: Floats, noise: Floats) -> Floats:
    """Return the parameters of the kernel and the variance of the noise where their posterior is largest."""
    priors, covariance = [*kernel.priors, _NOISE], kernel.of(x)
    middle, spread = np.log([prior.median for prior in priors]), np.array([prior.sd for prior in priors])

    def loss(logs: Floats) -> tuple[float, Floats]:
        values = np.exp(logs)
        signal, derivatives = covariance(values[:-1])
        try:
            factor = cho_factor(signal + np.diag(values[-1] * noise + _JITTER), lower=True)
        except LinAlgError:
            return 1e12, np.zeros_like(logs)
        weights = cho_solve(factor, z)
        slope = cho_solve(factor, np.eye(len(z))) - np.outer(weights, weights)
        gradient = 0.5 * np.append(derivatives(slope), values[-1] * (np.diag(slope) * noise).sum())
        far = (logs - middle) / spread
        evidence = 0.5 * z @ weights + np.log(np.diag(factor[0])).sum()
        return float(evidence + 0.5 * (far**2).sum()), gradient + far / spread

    noisy = middle + np.array([0.0] * len(kernel.priors) + [2.0])  # a second start, where the noise explains more
    bounds = [(_LEAST, _MOST)] * len(middle)
    found = [
        minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS})
        for start in (middle, noisy)
    ]
    return np.exp(min(found, key=lambda one: one.fun).x)
