"""A Gaussian process that learns how much each number and each gene matters.

Automatic relevance determination (Neal, Bayesian Learning for Neural Networks, 1996) under a Matern 5/2 kernel, with a
linear part in all numbers. It follows interactions and bends that differ from number to number, as kernels of
convolutions do in sizes; the sum of `GaussianProcess` needs fewer examples.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from predictors.regressors._process import CONSTANT, Kernel, Prior, Process
from predictors.regressors.encoded import Encoded, Floats

_LINEAR, _SMOOTH = Prior(0.3, 1.5), Prior(1.0, 1.5)  # variances
_RELEVANCE = 0.6  # of all numbers and genes together; shared among them by the root of how many there are


class RelevanceProcess(Process):
    """One length for each number and each gene."""

    least = 40
    most = 6000

    def _kernel_of(self, x: Encoded) -> Kernel:
        return RelevanceKernel(x)


class RelevanceKernel(Kernel):
    """Smooth in every number and gene by its own relevance, and linear in all numbers alike."""

    def __init__(self, x: Encoded):
        genes = np.repeat(np.arange(len(x.choices)), x.choices).astype(np.int64)
        count = x.joined.shape[1]
        self.owner = np.concatenate([np.arange(count), count + genes])  # the relevance of each column of a table
        self.share = np.concatenate([np.ones(count), np.full(len(genes), np.sqrt(0.5))])  # two columns differ
        relevances = count + len(x.choices)
        self.priors = [_LINEAR, _SMOOTH, *[Prior(_RELEVANCE / np.sqrt(relevances), 1.0)] * relevances]

    def between(self, a: Encoded, b: Encoded, parameters: Floats) -> Floats:
        linear, variance, weights = self._split(parameters)
        smooth, _ = _matern(_apart(a.table * weights, b.table * weights), variance)
        return CONSTANT + linear * _products(a, b) + smooth

    def diagonal(self, x: Encoded, parameters: Floats) -> Floats:
        linear, variance, _ = self._split(parameters)
        return CONSTANT + linear * (x.joined**2).sum(axis=1) / max(1, x.joined.shape[1]) + variance

    def of(self, x: Encoded) -> Callable[[Floats], tuple[Floats, Callable[[Floats], Floats]]]:
        products = _products(x, x)

        def covariance(parameters: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
            linear, variance, weights = self._split(parameters)
            scaled = x.table * weights
            smooth, bend = _matern(_apart(scaled, scaled), variance)

            def derivatives(slope: Floats) -> Floats:
                # Of the distance of i and j, column c makes (x_ic - x_jc)^2: with a symmetric matrix, two products.
                pull = slope * bend
                by_column = 2 * ((pull.sum(axis=1)[:, None] * scaled - pull @ scaled) * scaled).sum(axis=0)
                by_relevance = np.bincount(self.owner, by_column, len(parameters) - 2)
                of_variances = [linear * np.vdot(slope, products), np.vdot(slope, smooth)]
                return np.array([*of_variances, *(2 * by_relevance)], dtype=np.float64)

            return CONSTANT + linear * products + smooth, derivatives

        return covariance

    def _split(self, parameters: Floats) -> tuple[float, float, Floats]:
        """Return the two variances, and the weight of each column of a table."""
        return float(parameters[0]), float(parameters[1]), np.asarray(parameters[2:])[self.owner] * self.share


def _products(a: Encoded, b: Encoded) -> Floats:
    return a.joined @ b.joined.T / max(1, a.joined.shape[1])


def _apart(a: Floats, b: Floats) -> Floats:
    """Return squared distances [A,B]."""
    return np.maximum((a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T, 0.0)


def _matern(apart: Floats, variance: float) -> tuple[Floats, Floats]:
    """Return the kernel of squared distances, and its derivative by them."""
    r = np.sqrt(5 * apart)
    decay = variance * np.exp(-r)
    return (1 + r + r**2 / 3) * decay, -5 / 6 * (1 + r) * decay
