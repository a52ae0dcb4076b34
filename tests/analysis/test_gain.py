"""The expected gain of hypervolume, against the hypervolume itself and against draws."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.fronts import hypervolume
from analysis.gain import expected_gain, free_boxes


def points(count: int, objectives: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((count, objectives))


def volume(values: np.ndarray, reference: np.ndarray) -> float:
    return hypervolume(values, ["min"] * values.shape[1], reference)


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
def test_boxes_and_what_is_dominated_fill_the_space(objectives: int) -> None:
    found, reference = points(12, objectives, 0), np.full(objectives, 0.9)
    lower, upper = free_boxes(found, reference)
    sizes = np.prod(upper - np.maximum(lower, 0.0), axis=1)
    assert (lower < upper).all()
    assert sizes.sum() + volume(found, reference) == pytest.approx(0.9**objectives)


@pytest.mark.parametrize("objectives", [2, 3])
def test_the_gain_of_a_known_point_is_that_of_the_hypervolume(objectives: int) -> None:
    found, reference = points(10, objectives, 1), np.ones(objectives)
    new = np.vstack([points(20, objectives, 2) * 0.5, found[:1], np.full((1, objectives), 2.0)])
    gains = expected_gain(new, np.zeros_like(new), found, reference)
    truth = [volume(np.vstack([found, one]), reference) - volume(found, reference) for one in new]
    np.testing.assert_allclose(gains, truth, atol=1e-12)


@pytest.mark.parametrize("objectives", [2, 3])
def test_the_gain_of_an_uncertain_point_is_the_mean_over_draws(objectives: int) -> None:
    found, reference, rng = points(8, objectives, 3), np.ones(objectives), np.random.default_rng(4)
    mean, sd = points(3, objectives, 5) * 0.5, points(3, objectives, 6) * 0.3
    sd[0, 0] = 0.0  # one objective is known
    gains = expected_gain(mean, sd, found, reference)
    for one, wide, gain in zip(mean, sd, gains, strict=True):
        drawn = one + wide * rng.standard_normal((4000, objectives))
        seen = expected_gain(drawn, np.zeros_like(drawn), found, reference)
        assert gain == pytest.approx(seen.mean(), abs=5 * seen.std() / np.sqrt(len(seen)) + 1e-9)
        assert gain > 1e-4


def test_without_points_everything_up_to_the_reference_is_gained() -> None:
    gain = expected_gain(np.array([[0.25, 0.5]]), np.zeros((1, 2)), np.empty((0, 2)), np.ones(2))
    assert gain == pytest.approx([0.75 * 0.5])
