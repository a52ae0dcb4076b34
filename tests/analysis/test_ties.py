"""Ties of a front, against counts and a bootstrap of the images themselves."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.ties import bootstrap_leads, interval_leads, tied


def _right(*alone: int, both: int = 60, neither: int = 20) -> np.ndarray:
    """Return two networks of which the first alone, then the second alone, gets so many images right."""
    first, second = alone
    return np.array([
        [1] * (both + first) + [0] * (second + neither),
        [1] * both + [0] * first + [1] * second + [0] * neither,
    ])  # fmt: skip


@pytest.mark.parametrize(("first", "second"), [(20, 5), (12, 8), (4, 0), (3, 0), (14, 4), (60, 40)])
def test_a_lead_is_that_of_a_bootstrap_of_the_images(first: int, second: int) -> None:
    right = _right(first, second)
    rng = np.random.default_rng(1)
    drawn = rng.integers(right.shape[1], size=(20_000, right.shape[1]))
    gaps = right[0, drawn].mean(axis=1) - right[1, drawn].mean(axis=1)
    leads = bootstrap_leads(right)
    assert leads[0, 1] == (np.quantile(gaps, 0.025) > 0)
    assert not leads[1, 0] and not leads.diagonal().any()


def test_what_is_right_in_the_same_images_counts_for_nothing() -> None:
    # Equal shares, but the second pair differs in more images: its lead of 12 images is no longer clear.
    assert bootstrap_leads(_right(12, 0))[0, 1]
    assert not bootstrap_leads(_right(52, 40))[0, 1]


def test_intervals_that_touch_say_nothing() -> None:
    low, high = [1.0, 1.9, 4.0], [2.0, 3.0, 4.0]
    faster = interval_leads(low, high, "min")
    assert faster.tolist() == [[False, False, True], [False, False, True], [False, False, False]]
    assert (interval_leads(low, high, "max") == faster.T).all()


def test_two_are_tied_where_either_may_be_no_better_in_anything() -> None:
    cost = interval_leads([1, 2, 3], [1, 2, 3], "min")
    accuracy = np.array([[0, 0, 0], [0, 0, 0], [1, 1, 0]], dtype=bool)  # the third alone is surely more accurate
    assert tied([cost, accuracy]).tolist() == [[False, True, False], [True, False, False], [False, False, False]]
    assert tied([accuracy]).sum() == 6  # with one objective there is one winner


def test_one_network_is_tied_with_none() -> None:
    assert not tied([bootstrap_leads(np.ones((1, 9))), interval_leads([1], [1], "min")]).any()
