"""Every registered regressor, and their ensemble, keeps the contract; each one's own identities."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import approx_fprime
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Matern, WhiteKernel

from predictors.ranking import tau
from predictors.regressors import REGRESSORS, Encoded, Ensemble, Regressor, standardised
from predictors.regressors._process import Kernel
from predictors.regressors.ensemble import NORMAL, _least_squares, _weights
from predictors.regressors.gaussian_process import GaussianProcess, SumKernel
from predictors.regressors.non_negative import NonNegative
from predictors.regressors.relevance_process import RelevanceKernel, RelevanceProcess
from predictors.regressors.ridge import Ridge
from predictors.regressors.warp import Warp

Floats = NDArray[np.float64]
NAMES = (*REGRESSORS, "ensemble")
COST = np.array([0.0, 1.0, 3.0])  # of the three values of a gene


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="sklearn")  # lbfgs stops at its limit by design
        yield


def make(name: str, relative: bool) -> Regressor:
    """Return a regressor of this name."""
    if name == "ensemble":
        return Ensemble({key: REGRESSORS[key] for key in ("non_negative", "ridge", "gaussian_process")}, relative)
    return REGRESSORS[name](relative)


def networks(count: int, seed: int = 0) -> tuple[Encoded, Floats]:
    """Return networks of six blocks, the last two of which may be absent, and a time that is a sum over blocks."""
    rng = np.random.default_rng(seed)
    genes = rng.integers(0, 3, (count, 6))
    depth = rng.integers(4, 7, count)
    genes = np.where(np.arange(6) < depth[:, None], genes, -1)
    counts = np.array([(genes == value).sum(axis=1) for value in range(3)]).T.astype(float)
    reference = np.array([[2.0, 2.0, 2.0], [1.0, 3.0, 1.0], [0.0, 2.0, 4.0]])
    sums = np.hstack([np.ones((count, 1)), counts])
    encoded = Encoded(genes, (3,) * 6, {"counts": standardised(counts, reference)}, sums)
    return encoded, 5.0 + counts @ COST


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_learns_what_adds_over_blocks(name: str, relative: bool) -> None:
    (x, y), (new, true) = networks(60), networks(200, seed=1)
    mean, sd = make(name, relative).fit(x, y).predict(new)
    assert mean.shape == sd.shape == (200,)
    assert np.isfinite(mean).all() and np.isfinite(sd).all() and (sd >= 0).all()
    assert tau(mean, true) > 0.75
    assert np.abs(mean / true - 1).mean() < 0.5 * np.abs(y.mean() / true - 1).mean()


@pytest.mark.parametrize("name", NAMES)
def test_equal_examples_give_equal_predictions(name: str) -> None:
    (x, y), (new, _) = networks(40), networks(20, seed=1)
    first, second = (make(name, False).fit(x, y).predict(new) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", NAMES)
def test_units_do_not_matter(name: str) -> None:
    (x, y), (new, _) = networks(40), networks(20, seed=1)
    y = y + np.random.default_rng(2).normal(0, 0.3, len(y))
    for relative, there in ((True, lambda v: 1000 * v), (False, lambda v: 100 * v - 40)):
        if name == "non_negative" and not relative:
            continue  # a sum of quantities has no other zero
        one, other = make(name, relative).fit(x, y).predict(new), make(name, relative).fit(x, there(y)).predict(new)
        # Splits of trees and long optimisations turn the last digit of a logarithm into a little more.
        np.testing.assert_allclose(there(one[0]), other[0], rtol=0.03)
        assert np.mean(there(one[1]) - there(0 * one[1])) == pytest.approx(np.mean(other[1]), rel=0.2)


@pytest.mark.parametrize("name", NAMES)
def test_bad_values_are_refused(name: str) -> None:
    x, y = networks(40)
    with pytest.raises(ValueError, match="at least"):
        make(name, False).fit(x.take(np.arange(1)), y[:1])
    with pytest.raises(ValueError, match="finite"):
        make(name, False).fit(x, np.where(y == y.max(), np.nan, y))
    with pytest.raises(ValueError, match="positive"):
        make(name, True).fit(x, y - y.min())


@pytest.mark.parametrize("name", NAMES)
def test_equal_values_are_predicted_as_they_are(name: str) -> None:
    x, _ = networks(40)
    mean, sd = make(name, True).fit(x, np.full(40, 3.0)).predict(x)
    np.testing.assert_allclose(mean, 3.0, rtol=1e-3)
    assert np.isfinite(sd).all()


def test_encoded_checks_lengths_and_joins() -> None:
    x, _ = networks(5)
    assert x.table.shape == (5, 3 + 18) and (x.one_hot.sum(axis=1) == (x.genes >= 0).sum(axis=1)).all()
    with pytest.raises(ValueError, match="choices"):
        Encoded(x.genes, (3,) * 5)
    with pytest.raises(ValueError, match="sums"):
        Encoded(x.genes, x.choices, {}, np.ones((4, 1)))
    assert not standardised(np.full((4, 1), 7.0)).any()


def test_the_process_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    x, new = (Encoded(np.zeros((n, 0), int), (), {"a": rng.normal(size=(n, 3))}) for n in (30, 10))
    y = x.joined @ [1.0, -2.0, 0.5] + np.sin(3 * x.joined[:, 0]) + rng.normal(0, 0.1, 30)
    ours = GaussianProcess().fit(x, y)
    linear, smooth, length = ours._parameters
    kernel = ConstantKernel(10.0 + 0.0, "fixed") + ConstantKernel(linear / 3, "fixed") * DotProduct(0.0, "fixed")
    kernel += ConstantKernel(smooth, "fixed") * Matern(length * np.sqrt(3), "fixed", nu=2.5)
    kernel += WhiteKernel(ours._error**2 + 1e-8, "fixed")
    theirs = GaussianProcessRegressor(kernel, alpha=0.0).fit(x.joined, ours._warp.forward(y))
    mean, sd = theirs.predict(new.joined, return_std=True)
    expected, unknown = ours._expect(new)
    np.testing.assert_allclose(expected, mean, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(np.hypot(unknown, ours._error), sd, rtol=1e-5)


@pytest.mark.parametrize("kind", [SumKernel, RelevanceKernel])
def test_derivatives_of_kernels(kind: Callable[[Encoded], Kernel]) -> None:
    rng, (x, _) = np.random.default_rng(0), networks(6)
    kernel = kind(x)
    logs, slope = rng.normal(-0.5, 0.5, len(kernel.priors)), rng.normal(size=(6, 6))
    covariance, slope = kernel.of(x), slope + slope.T
    value, derivatives = covariance(np.exp(logs))
    numeric = approx_fprime(logs, lambda at: np.vdot(slope, covariance(np.exp(at))[0]))
    np.testing.assert_allclose(derivatives(slope), np.asarray(numeric), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(kernel.between(x, x, np.exp(logs)), value)
    np.testing.assert_allclose(kernel.diagonal(x, np.exp(logs)), np.diag(value))


def test_what_matters_is_found() -> None:
    rng = np.random.default_rng(0)
    x, new = (Encoded(np.zeros((n, 0), int), (), {"a": rng.normal(size=(n, 5))}) for n in (150, 100))
    process = RelevanceProcess().fit(x, np.sin(3 * x.joined[:, 2]) * x.joined[:, 4])
    relevance = process._parameters[2:]
    assert min(relevance[2], relevance[4]) > 3 * max(relevance[[0, 1, 3]])
    true = np.sin(3 * new.joined[:, 2]) * new.joined[:, 4]
    assert np.mean((process.predict(new)[0] - true) ** 2) < 0.1 * true.var()


def test_sums_are_recovered() -> None:
    x, y = networks(30)
    np.testing.assert_allclose(NonNegative(True).fit(x, y).coefficients, [5.0, *COST], atol=1e-8)


def test_an_ensemble_prefers_what_predicts_best_and_weighs_to_one() -> None:
    x, y = networks(60)
    y = y * np.random.default_rng(3).normal(1, 0.02, 60)
    ensemble = Ensemble({"trees": REGRESSORS["forest"], "sum": NonNegative}, relative=True)
    ensemble.fit(x, y)
    assert sum(ensemble.weights.values()) == pytest.approx(1) and ensemble.weights["sum"] > 0.8


def test_slow_members_far_behind_are_left_out_and_quick_ones_are_not() -> None:
    x, y = networks(60)
    ensemble = Ensemble({key: REGRESSORS[key] for key in ("non_negative", "ridge", "forest")}, relative=True).fit(x, y)
    assert set(ensemble.unseen) == {"non_negative", "ridge"}


def test_members_that_do_not_suit_are_left_out() -> None:
    x, y = networks(10)
    bare = Encoded(x.genes, x.choices)
    assert set(Ensemble({"sum": NonNegative, "ridge": Ridge}).fit(bare, y).weights) == {"ridge"}


def test_intervals_hold_about_as_many_as_they_say() -> None:
    shares = []
    for seed in range(12):
        (x, y), (new, true) = networks(80, seed), networks(300, seed + 100)
        rng = np.random.default_rng(seed)
        y, true = y * rng.normal(1, 0.05, 80), true * rng.normal(1, 0.05, 300)
        mean, sd = make("ensemble", True).fit(x, y).predict(new)
        shares.append(np.mean(np.abs(mean - true) <= NORMAL * sd))
    assert 0.86 < np.mean(shares) < 0.95


values = st.lists(st.floats(-1e3, 1e3).map(lambda v: round(v, 3)), min_size=4, max_size=30)


@settings(deadline=None)  # a loaded machine is slow, not wrong
@given(values)
@example([205.078] * 5)
@example([10.0] * 5)
def test_warps_are_undone_and_their_slope_is_the_derivative(listed: list[float]) -> None:
    y = np.array(listed)
    for warp in (Warp.straight(y), Warp.even(y), Warp.logarithmic(np.exp(y / 200))):
        z = np.linspace(-2, 2, 9)
        back = warp.backward(z)
        np.testing.assert_allclose(warp.forward(back), z, atol=1e-6)
        assert all(low <= high for low, high in pairwise(back))
        step = 1e-6
        numeric = (warp.backward(z + step) - warp.backward(z - step)) / (2 * step)
        np.testing.assert_allclose(warp.slope(z), numeric, rtol=1e-3, atol=1e-6 * np.abs(back).max())


def test_a_long_tail_of_low_values_is_drawn_in() -> None:
    y = 93 - np.random.default_rng(0).exponential(3, 200)
    z = Warp.even(y).forward(y)
    skewness = np.mean((z - z.mean()) ** 3) / z.std() ** 3
    assert abs(skewness) < 0.4 and Warp.even(y).power > 1.3


def test_disturbed_examples_do_not_decide_the_weights() -> None:
    """Of two members one is right but for noise; a few values that both miss by far must not make the other count."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=200)
    exact, vague = truth + 0.05 * rng.normal(size=200), truth + 0.5 * rng.normal(size=200)
    disturbed = truth.copy()
    disturbed[np.argsort(vague - truth)[-10:]] += 8.0  # where the vague one happens to be high
    weights = _weights(np.array([exact, vague]), disturbed)
    assert weights[0] > 0.95
    assert _least_squares(np.array([exact, vague]), disturbed)[0] < 0.9
