"""A Gaussian process whose kernel is a sum: linear in each group of numbers and in genes, and smooth in both.

A gene that exists in one of two networks alone counts as different, one that exists in neither as equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from predictors.regressors._process import CONSTANT, Kernel, Prior, Process
from predictors.regressors.encoded import Encoded, Floats

_LINEAR, _OVERLAP, _SMOOTH = Prior(1.0, 1.5), Prior(0.4, 1.5), Prior(0.14, 1.5)  # variances
_REACH, _GENE_REACH = Prior(2.7, 0.7), Prior(1.0, 0.7)  # lengths


class GaussianProcess(Process):
    """A sum of kernels, one length for all numbers and one for all genes."""

    additive = True
    most = 2000

    def _kernel_of(self, x: Encoded) -> Kernel:
        return SumKernel(x)


class SumKernel(Kernel):
    """The sum of kernels that the groups of ``x`` and its genes call for."""

    def __init__(self, x: Encoded):
        self.groups = [name for name, group in x.numbers.items() if group.shape[1]]
        self.has_genes = len(x.choices) > 0
        self.priors = [_LINEAR] * len(self.groups)
        self.priors += [_SMOOTH, _REACH] * bool(self.groups) + [_OVERLAP, _SMOOTH, _GENE_REACH] * self.has_genes

    def between(self, a: Encoded, b: Encoded, parameters: Floats) -> Floats:
        total = np.full((len(a), len(b)), CONSTANT)
        for term, _ in self.terms(self.distances(a, b), parameters):
            total += term
        return total

    def of(self, x: Encoded) -> Callable[[Floats], tuple[Floats, Callable[[Floats], Floats]]]:
        distances = self.distances(x, x)

        def covariance(parameters: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
            terms = self.terms(distances, parameters)
            by = [derivative for _, derivatives in terms for derivative in derivatives()]
            total = np.sum([term for term, _ in terms], axis=0) + CONSTANT
            return total, lambda slope: np.array([np.vdot(slope, one) for one in by], dtype=np.float64)

        return covariance

    def diagonal(self, x: Encoded, parameters: Floats) -> Floats:
        linear = zip(self.groups, parameters, strict=False)
        smooth = parameters[len(self.groups) :]
        total = np.full(len(x), CONSTANT + self.has_genes * smooth[-3:-1].sum() + bool(self.groups) * smooth[0])
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
            found.append(1 - _equal(a, b) / len(a.choices))
        return found

    def terms(self, distances: Sequence[Floats], parameters: Floats) -> list[Term]:
        """Return the terms of the sum."""
        left, terms = list(parameters), []
        for products in distances[: len(self.groups)]:
            terms.append(_linear(left.pop(0), products))
        if self.groups:
            terms.append(_matern(left.pop(0), left.pop(0), distances[len(self.groups)]))
        if self.has_genes:
            overlap, variance, length = left
            terms += [_linear(overlap, 1 - distances[-1]), _exponential(variance, length, distances[-1])]
        return terms


# A term [A,B] of the sum, and what gives its derivatives by the logarithms of its own parameters, in order.
Term = tuple[Floats, Callable[[], list[Floats]]]


def _linear(variance: float, products: Floats) -> Term:
    term = variance * products
    return term, lambda: [term]


def _matern(variance: float, length: float, distance: Floats) -> Term:
    """Return a Matern 5/2 kernel."""
    r = distance * (np.sqrt(5) / length)
    decay = variance * np.exp(-r)
    term = (1 + r + r**2 / 3) * decay
    return term, lambda: [term, r**2 * (1 + r) / 3 * decay]


def _exponential(variance: float, length: float, distance: Floats) -> Term:
    term = variance * np.exp(distance * (-1 / length))
    return term, lambda: [term, term * distance / length]


def _equal(a: Encoded, b: Encoded) -> Floats:
    """Return how many genes of two networks are equal [A,B]; absent in both is equal."""
    absent = [(x.genes < 0).astype(np.float64) for x in (a, b)]
    return a.one_hot @ b.one_hot.T + absent[0] @ absent[1].T
