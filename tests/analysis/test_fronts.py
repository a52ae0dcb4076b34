"""Fronts against their definitions: pairwise dominance and volumes counted cell by cell."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.fronts import Objective, crowding, hypervolume, hypervolume_trace, non_dominated
from search_spaces import InputError


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, list[Any], np.ndarray]:
    """Points on a small grid, so that ties, duplicates and points beyond the reference are common."""
    objectives = draw(st.integers(2, 3))
    row = st.lists(st.integers(0, 6), min_size=objectives, max_size=objectives)
    points = np.array(draw(st.lists(row, min_size=0, max_size=9)), float).reshape(-1, objectives)
    sides = st.lists(st.sampled_from(["max", "min"]), min_size=objectives, max_size=objectives)
    return points, draw(sides), np.array(draw(row), float)


def dominates(a: np.ndarray, b: np.ndarray, directions: list[str]) -> bool:
    """The definition: as good everywhere, better somewhere."""
    better = [x > y if d == "max" else x < y for x, y, d in zip(a, b, directions, strict=True)]
    return any(better) and all(up or x == y for up, x, y in zip(better, a, b, strict=True))


def brute_force_volume(points: np.ndarray, directions: list[str], reference: np.ndarray) -> float:
    """Count the unit cells of the grid that lie between the reference and at least one point."""
    total = 0
    for cell in itertools.product(np.arange(-1, 8) + 0.5, repeat=len(directions)):
        inside = [c < r if d == "min" else c > r for c, r, d in zip(cell, reference, directions, strict=True)]
        covered = any(
            all(p < c if d == "min" else p > c for p, c, d in zip(point, cell, directions, strict=True))
            for point in points
        )
        total += all(inside) and covered
    return float(total)


@given(problems())
@settings(deadline=None, max_examples=80)
def test_mask_is_the_first_of_each_undominated_point(
    problem: tuple[np.ndarray, list[Any], np.ndarray],
) -> None:
    points, directions, _ = problem
    expected = [
        not any(dominates(other, point, directions) for other in points)
        and not any((other == point).all() for other in points[:i])
        for i, point in enumerate(points)
    ]
    assert non_dominated(points, directions).tolist() == expected


@given(problems())
@settings(deadline=None, max_examples=60)
def test_hypervolume_equals_counted_cells(problem: tuple[np.ndarray, list[Any], np.ndarray]) -> None:
    points, directions, reference = problem
    expected = brute_force_volume(points, directions, reference)
    assert hypervolume(points, directions, reference) == pytest.approx(expected)


@given(problems())
@settings(deadline=None, max_examples=60)
def test_trace_never_falls_and_equals_the_volume_of_every_prefix(
    problem: tuple[np.ndarray, list[Any], np.ndarray],
) -> None:
    points, directions, reference = problem
    trace = hypervolume_trace(points, directions, reference)
    prefixes = [hypervolume(points[: i + 1], directions, reference) for i in range(len(points))]
    assert trace == pytest.approx(prefixes)
    assert (np.diff(trace) >= 0).all()


def test_points_beyond_the_reference_or_failed_contribute_nothing() -> None:
    good, beyond, failed = [0.9, 2.0], [0.95, 5.0], [np.nan, 1.0]
    volume = hypervolume([good], ["max", "min"], [0.5, 4.0])
    assert volume == pytest.approx(0.4 * 2.0)
    assert hypervolume([good, beyond, failed], ["max", "min"], [0.5, 4.0]) == volume
    assert hypervolume([beyond], ["max", "min"], [0.5, 4.0]) == 0
    assert hypervolume_trace([failed, good, beyond], ["max", "min"], [0.5, 4.0]).tolist() == [
        0,
        volume,
        volume,
    ]
    assert non_dominated([failed, good], ["max", "min"]).tolist() == [False, True]


def test_wrong_shape_says_what_was_expected() -> None:
    with pytest.raises(ValueError, match=r"shape \[N, 2\], found \[1, 3\]"):
        hypervolume([[1, 2, 3]], ["max", "min"], [0, 0])


def test_crowding_is_infinite_at_the_ends_and_the_neighbour_gap_between() -> None:
    front = [[0.0, 10.0], [1.0, 6.0], [4.0, 0.0], [3.0, 1.0]]
    distance = crowding(front)
    assert distance[[0, 2]].tolist() == [np.inf, np.inf]
    assert distance[1] == pytest.approx(3 / 4 + 9 / 10)
    assert distance[3] == pytest.approx(3 / 4 + 6 / 10)


def test_crowding_of_small_or_flat_fronts() -> None:
    assert crowding(np.empty((0, 2))).tolist() == []
    assert crowding([[1.0, 1.0]]).tolist() == [0.0]
    assert crowding([[1.0, 0.0], [1.0, 2.0], [1.0, 3.0]])[1] == pytest.approx(1.0)


def test_objective_refuses_an_unknown_direction() -> None:
    with pytest.raises(InputError, match="'max' or 'min', found 'up'"):
        Objective("accuracy", "up")  # pyright: ignore[reportArgumentType]
