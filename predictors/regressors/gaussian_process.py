"""A Gaussian process whose kernel is a sum: linear in each group of numbers and in genes, and smooth in both.

Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006. A gene that exists in one of two networks alone
counts as different, one that exists in neither as equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize

from predictors.regressors._regressor import OnScale
from predictors.regressors.encoded import Encoded, Floats

_CONSTANT = 10.0  # variance of the mean
_JITTER = 1e-8
_STEPS = 60
_LEAST, _MOST = np.log(1e-6), np.log(1e3)


@dataclass(frozen=True)
class _Prior:
    """Of a hyper-parameter, for values of unit spread: log-normal, by its median and the sd of its logarithm."""

    median: float
    sd: float


_LINEAR, _OVERLAP, _SMOOTH = _Prior(1.0, 1.5), _Prior(0.4, 1.5), _Prior(0.14, 1.5)  # variances
_REACH, _GENE_REACH = _Prior(2.7, 0.7), _Prior(1.0, 0.7)  # lengths
_NOISE = _Prior(0.02, 2.0)  # variance


class GaussianProcess(OnScale):
    """Hyper-parameters at the maximum of their posterior."""

    additive = True
    most = 2000

    def _learn(self, x: Encoded, z: Floats, sizes: Floats) -> None:
        self._x, self._kernel = x, _Kernel(x)
        *parameters, noise = _most_likely(self._kernel, x, z, sizes**2)
        self._parameters, self._error = np.array(parameters), float(np.sqrt(noise))
        covariance = self._kernel.between(x, x, self._parameters) + np.diag(noise * sizes**2 + _JITTER)
        self._factor = cho_factor(covariance, lower=True)
        self._weights = cho_solve(self._factor, z)

    def _expect(self, x: Encoded) -> tuple[Floats, Floats]:
        across = self._kernel.between(x, self._x, self._parameters)
        known = np.einsum("ij,ji->i", across, cho_solve(self._factor, across.T))
        unknown = np.maximum(self._kernel.diagonal(x, self._parameters) - known, 0.0)
        return across @ self._weights, np.sqrt(unknown)


class _Kernel:
    """The sum of kernels that the groups of ``x`` and its genes call for; ``priors`` are of its parameters in order."""

    def __init__(self, x: Encoded):
        self.groups = [name for name, group in x.numbers.items() if group.shape[1]]
        self.has_genes = len(x.choices) > 0
        self.priors = [_LINEAR] * len(self.groups)
        self.priors += [_SMOOTH, _REACH] * bool(self.groups) + [_OVERLAP, _SMOOTH, _GENE_REACH] * self.has_genes

    def between(self, a: Encoded, b: Encoded, parameters: Floats) -> Floats:
        """Return the covariance [A,B]."""
        return np.sum([term for term, _ in self.terms(self.distances(a, b), parameters)], axis=0) + _CONSTANT

    def diagonal(self, x: Encoded, parameters: Floats) -> Floats:
        """Return the variance [N] of each network."""
        linear = zip(self.groups, parameters, strict=False)
        smooth = parameters[len(self.groups) :]
        total = np.full(len(x), _CONSTANT + self.has_genes * smooth[-3:-1].sum() + bool(self.groups) * smooth[0])
        for name, variance in linear:
            total += variance * (x.numbers[name] ** 2).mean(axis=1)
        return total

    def distances(self, a: Encoded, b: Encoded) -> list[Floats]:
        """Return what no parameter changes, each [A,B]: products by group, distances, shares of unlike genes."""
        found = [a.numbers[name] @ b.numbers[name].T / a.numbers[name].shape[1] for name in self.groups]
        if self.groups:
            squares = [(one.joined**2).sum(axis=1) for one in (a, b)]
            apart = squares[0][:, None] + squares[1] - 2 * a.joined @ b.joined.T
            found.append(np.sqrt(np.maximum(apart, 0.0) / a.joined.shape[1]))
        if self.has_genes:
            found.append(np.mean(a.genes[:, None] != b.genes, axis=2))
        return found

    def terms(self, distances: Sequence[Floats], parameters: Floats) -> list[tuple[Floats, list[Floats]]]:
        """Return the terms of the sum, each with its derivatives by the logarithms of its own parameters, in order."""
        left, terms = list(parameters), []
        for products in distances[: len(self.groups)]:
            term = left.pop(0) * products
            terms.append((term, [term]))
        if self.groups:
            variance, length = left.pop(0), left.pop(0)
            r = np.sqrt(5) * distances[len(self.groups)] / length
            decay = variance * np.exp(-r)
            term = (1 + r + r**2 / 3) * decay  # Matern 5/2
            terms.append((term, [term, r**2 * (1 + r) / 3 * decay]))
        if self.has_genes:
            overlap, variance, length = left
            linear, decay = overlap * (1 - distances[-1]), variance * np.exp(-distances[-1] / length)
            terms += [(linear, [linear]), (decay, [decay, decay * distances[-1] / length])]
        return terms


def _most_likely(kernel: _Kernel, x: Encoded, z: Floats, noise: Floats) -> Floats:
    """Return the parameters of the kernel and the variance of the noise where their posterior is largest."""
    priors, distances = [*kernel.priors, _NOISE], kernel.distances(x, x)
    middle, spread = np.log([prior.median for prior in priors]), np.array([prior.sd for prior in priors])

    def loss(logs: Floats) -> tuple[float, Floats]:
        values = np.exp(logs)
        terms = kernel.terms(distances, values[:-1])
        covariance = _CONSTANT + sum(term for term, _ in terms) + np.diag(values[-1] * noise + _JITTER)
        try:
            factor = cho_factor(covariance, lower=True)
        except LinAlgError:
            return 1e12, np.zeros_like(logs)
        weights = cho_solve(factor, z)
        slope = cho_solve(factor, np.eye(len(z))) - np.outer(weights, weights)
        gradient = [0.5 * (slope * by).sum() for _, derivatives in terms for by in derivatives]
        gradient.append(0.5 * values[-1] * (np.diag(slope) * noise).sum())
        far = (logs - middle) / spread
        evidence = 0.5 * z @ weights + np.log(np.diag(factor[0])).sum()
        return float(evidence + 0.5 * (far**2).sum()), np.array(gradient) + far / spread

    noisy = middle + np.array([0.0] * len(kernel.priors) + [2.0])  # a second start, where the noise explains more
    bounds = [(_LEAST, _MOST)] * len(middle)
    found = [
        minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS})
        for start in (middle, noisy)
    ]
    return np.exp(min(found, key=lambda one: one.fun).x)
