"""Distances to a true front and attainment, against hand counts on the table of 27 networks."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.engines import Question
from benchmarks.engines.indicators import indicators
from benchmarks.engines.synthetic import synthetic_question
from tests.benchmarks.test_search_engines import GENES, toy

LEAST = np.array([0, 1, 2, 3, 6, 9, 12]) / 12  # the least energy, scaled, at the sums 0 to 6 of the genes
SMALLEST, LARGEST = [0, 0, 0], [2, 2, 2]


def _runs(question: Question, *rows: list[list[int]]) -> list[np.ndarray]:
    return [question.scaled(question.raw(question.places(np.array(run)))) for run in rows]


def test_runs_that_saw_everything_are_at_the_front() -> None:
    question = toy()
    found = indicators(question, _runs(question, GENES.tolist(), GENES.tolist()))
    shares = {name: found[name] for name in found if name != "attainment_median"}
    assert shares == pytest.approx({name: float(name.startswith("attainment")) for name in shares})
    energies = sorted(energy for _, energy in found["attainment_median"])
    assert energies == pytest.approx(list(LEAST * 0.12))


def test_the_distance_of_one_network_to_the_front() -> None:
    question = toy()
    found = indicators(question, _runs(question, [LARGEST]))
    assert found["epsilon_median"] == pytest.approx(1)  # the smallest network costs nothing, the largest everything
    assert found["igd_plus_median"] == pytest.approx(np.mean(1 - LEAST))
    assert found["igd_plus_q1"] == found["igd_plus_q3"] == found["igd_plus_median"]


def test_half_of_two_runs_attain_what_either_found_and_all_what_both_did() -> None:
    question = toy()
    both, one = [[1, 0, 0], [1, 1, 1]], [[1, 0, 0], LARGEST]
    found = indicators(question, _runs(question, both, one))
    assert sorted(found["attainment_median"]) == [
        pytest.approx([1 / 6, 0.01]),
        pytest.approx([0.5, 0.03]),
        pytest.approx([1, 0.12]),
    ]
    true = question.true
    # The cheapest of the three frees a sixth of the accuracy; what it costs is a twelfth, a quarter, everything.
    assert found["attainment_share_50"] == pytest.approx((1 / 6 * 11 / 12 + 1 / 3 * 3 / 4) / true)
    assert found["attainment_share_75"] == pytest.approx((1 / 6 * 11 / 12) / true)


def test_on_a_synthetic_space_the_distance_is_unknown() -> None:
    question = synthetic_question()
    runs = [question.raw(question.sample(9, np.random.default_rng(seed))) for seed in range(4)]
    found = indicators(question, runs)
    assert found["epsilon_median"] is None and found["igd_plus_q3"] is None
    assert found["attainment_share_75"] < found["attainment_share_50"] < found["attainment_share_25"]
