"""Rank statistics against scipy, brute force and published figures; intervals against a known truth."""

from __future__ import annotations

import csv
import os
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr

from predictors.bootstrap import Bootstrap, Estimate, chance, shuffled
from predictors.ranking import near_pairs, regret, same_pairs, spearman, tau, taus, top_tau

SHARED = Path(os.environ.get("NAS_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
MIXTURES = SHARED / "balanced_mixture_36.csv"
few_values = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=12)


def varied(rows: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Return two columns, neither of them constant."""
    rows = [*rows, (0, 0), (5, 5)]
    return [row[0] for row in rows], [row[1] for row in rows]


@settings(max_examples=50, deadline=None)
@given(few_values)
def test_tau_and_spearman_are_those_of_scipy_with_ties(rows: list[tuple[int, int]]) -> None:
    x, y = varied(rows)
    expected: tuple[Any, Any] = kendalltau(x, y), spearmanr(x, y)
    assert tau(x, y) == pytest.approx(expected[0].statistic)
    assert spearman(x, y) == pytest.approx(expected[1].statistic)


@settings(max_examples=50, deadline=None)
@given(few_values, st.integers(0, 10))
def test_tau_over_some_pairs_counts_these_alone(rows: list[tuple[int, int]], seed: int) -> None:
    x, y = varied(rows)
    labels = [str(v) for v in np.random.default_rng(seed).integers(0, 3, len(x))]
    chosen = [(i, j) for i, j in combinations(range(len(x)), 2) if labels[i] == labels[j]]
    agreement = sum(np.sign(x[i] - x[j]) * np.sign(y[i] - y[j]) for i, j in chosen)
    untied = sum(x[i] != x[j] for i, j in chosen) * sum(y[i] != y[j] for i, j in chosen)
    expected = agreement / np.sqrt(untied) if untied else 0.0
    assert tau(x, y, same_pairs(labels)) == pytest.approx(expected)


def test_a_constant_side_orders_nothing() -> None:
    assert tau([1, 1, 1], [1, 2, 3]) == spearman([1, 2, 3], [4, 4, 4]) == 0.0
    assert tau([1, 2, 3], [1, 2, 3], same_pairs(["a", "b", "c"])) == 0.0


@pytest.mark.parametrize(("supernets", "expected"), [(1, 0.14), (2, 0.31), (4, 0.60), (8, 0.53)])
def test_published_tau_of_balanced_mixtures(supernets: int, expected: float) -> None:
    if not MIXTURES.exists():
        pytest.skip(f"real data {MIXTURES} is absent (NAS_SHARED_DATA names its folder)")
    with MIXTURES.open() as file:
        rows = list(csv.DictReader(file))
    alone, inherited = ([float(row[name]) for row in rows] for name in ("baseline_avg", f"M{supernets}_avg"))
    assert round(tau(inherited, alone), 2) == expected


def test_pairs_of_near_costs_are_those_within_ten_percent() -> None:
    costs = [100.0, 110.0, 111.0, 95.0, 1000.0]
    near = near_pairs(costs)
    expected = {(i, j) for i in range(5) for j in range(5) if i != j
                and max(costs[i], costs[j]) <= 1.1 * min(costs[i], costs[j]) + 1e-9}  # fmt: skip
    assert {(int(i), int(j)) for i, j in zip(*np.nonzero(near), strict=True)} == expected
    assert (0, 1) in expected and (0, 2) not in expected


def test_top_tau_judges_the_truly_best_quarter() -> None:
    true = np.arange(16.0)
    predicted = true.copy()
    predicted[12:] = predicted[12:][::-1]
    assert top_tau(predicted, true) == -1.0 and tau(predicted, true) > 0.8
    predicted = -true
    predicted[12:] = true[12:]
    assert top_tau(predicted, true) == 1.0


def test_regret_is_what_the_chosen_lack() -> None:
    true, predicted = [0.9, 0.8, 0.7, 0.6], [1, 2, 3, 4]
    assert [regret(predicted, true, k) for k in (1, 2, 3, 4, 9)] == pytest.approx([0.3, 0.2, 0.1, 0.0, 0.0])
    assert regret([5, 5, 5, 5], true, 1) == 0.0


def test_resamples_are_paired_seeded_and_stay_in_their_group() -> None:
    groups = ["a", "b", "a", "b", "b"]
    draws = Bootstrap(groups, 50, seed=3).draws
    assert (draws == Bootstrap(groups, 50, seed=3).draws).all()
    assert (draws != Bootstrap(groups, 50, seed=4).draws).any()
    assert all(groups[draw[i]] == groups[i] for draw in draws for i in range(5))
    orders = shuffled(groups, 50, seed=3)
    assert all(sorted(order) == list(range(5)) for order in orders)
    assert all(groups[order[i]] == groups[i] for order in orders for i in range(5))


def test_tau_of_a_resample_is_tau_of_its_architectures() -> None:
    rng = np.random.default_rng(0)
    x, y, labels = rng.normal(size=9), rng.integers(0, 4, 9), ["ab"[i % 2] for i in range(9)]
    bootstrap, pairs = Bootstrap(["one"] * 9, 40), same_pairs(labels)
    expected = [tau(x[i], y[i], pairs[np.ix_(i, i)]) for i in bootstrap.draws]
    assert taus(x, y, bootstrap.counts, pairs) == pytest.approx(expected)
    assert bootstrap.estimate(lambda i: spearman(x[i], y[i])).value == spearman(x, y)


def test_intervals_of_tau_hold_the_truth_about_as_often_as_they_say() -> None:
    """Normal variables of correlation r have Kendall's tau 2/pi asin(r)."""
    r, held, trials = 0.6, 0, 300
    truth = 2 / np.pi * np.arcsin(r)
    rng = np.random.default_rng(0)
    for trial in range(trials):
        x, y = rng.multivariate_normal([0, 0], [[1, r], [r, 1]], 30).T
        interval = Estimate.of(tau(x, y), taus(x, y, Bootstrap(["one"] * 30, 200, trial).counts))
        held += interval.low <= truth <= interval.high
    assert 0.88 <= held / trials <= 0.99


def test_signs_and_chance() -> None:
    assert [Estimate(0, *ends).sign for ends in ((0.1, 0.5), (-0.1, 0.5), (-0.5, -0.1), (0.0, 0.5))] == [1, 0, -1, 0]
    assert chance(1.0, [0.0] * 99) == 0.01 and chance(-1.0, [0.0] * 99) == 1.0
    # Of the 24 orders of four networks one alone is perfect.
    found = [tau(order, [0, 1, 2, 3]) for order in shuffled(["one"] * 4, 4000)]
    assert chance(1.0, found) == pytest.approx(1 / 24, abs=0.01)
