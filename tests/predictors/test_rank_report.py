"""The rank report of networks whose order is known: what it trusts, what it does not, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest

from predictors.rank_report import RankedNetwork, RankReport, rank_report, without_seed_effects
from search_spaces import InputError


def network(number: int, group: str, macs: float, inherited: float, alone: Sequence[float]) -> RankedNetwork:
    costs = {"macs": macs, "params": macs / 10, "activations": 1000.0}
    return RankedNetwork(f"digest-{number}", group, costs, inherited, tuple(alone))


def networks(noise: float, seeds: int = 1) -> list[RankedNetwork]:
    """Return a sample of known quality, a ladder that is ordered rightly, and one that is ordered wrongly.

    MACs know nothing; between two seeds of the training alone lies ``noise``.
    """
    rng = np.random.default_rng(0)
    made = []
    for group, count, sign in (("sample", 16, 1), ("kernel-0", 5, 1), ("dilation-0", 5, -1)):
        for quality in rng.permutation(count) / count:
            alone = [0.5 + 0.3 * quality + noise * rng.standard_normal() for _ in range(seeds)]
            macs = float(rng.choice([1e6, 1.05e6, 2e6]))
            made.append(network(len(made), group, macs, 0.4 + 0.1 * sign * quality, alone))
    return made


def report(made: Sequence[RankedNetwork]) -> RankReport:
    return rank_report(made, resamples=200)


def test_each_dimension_is_judged_on_its_own_ladder() -> None:
    found = report(networks(noise=0.0))
    assert set(found.dimensions) == {"kernel", "dilation"}
    kernel, dilation = found.dimensions["kernel"], found.dimensions["dilation"]
    assert (kernel.pairs, kernel.tau["inherited"].value, kernel.trusted) == (10, 1.0, True)
    assert (dilation.pairs, dilation.tau["inherited"].value, dilation.trusted) == (10, -1.0, False)
    words = found.words()
    assert words[0].startswith("all networks: may be trusted") and words[1].startswith("equal MACs: may be trusted")
    assert "kernel: may be trusted: tau 1.00" in words[2]
    assert "dilation: do not trust it: it orders them the wrong way round" in words[3]


def test_a_short_ladder_can_not_convince() -> None:
    """All 3 pairs agree, as they do in one of six random orders."""
    made = [*networks(0.0)[:16], *(network(50 + i, "width-0", 1e6, 0.1 * i, [0.1 * i]) for i in range(3))]
    width = report(made).dimensions["width"]
    assert width.tau["inherited"].value == 1.0 and width.chance > 0.1 and not width.trusted
    assert "no better than chance" in width.words()


def test_the_supernet_must_beat_the_best_floor() -> None:
    """Where MACs order perfectly, a supernet that does too is trusted, and not said to be better."""
    made = [network(i, "sample", 1e6 * (1 + i), 0.01 * i, [0.01 * i]) for i in range(12)]
    found = report(made)
    assert found.overall.floor == "macs" and found.overall.margin.value == 0.0 and found.overall.trusted
    assert "though not surely better than macs with tau 1.00" in found.overall.words()
    assert found.bands is not None and found.bands.pairs == 2  # 10 and 11, 11 and 12 million
    assert "better than" in report(networks(0.0)).overall.words()


def test_the_ceiling_is_two_seeds_of_the_same_training() -> None:
    assert report(networks(0.0)).overall.ceiling is None
    perfect = report(networks(0.0, seeds=2)).overall
    assert perfect.ceiling is not None and perfect.ceiling.value == 1.0 and perfect.ceiling_pairs == perfect.pairs
    noisy = report(networks(5.0, seeds=2))
    assert noisy.overall.ceiling is not None and noisy.overall.ceiling.value < 0.5
    assert "two seeds of the training alone do not agree either" in noisy.dimensions["dilation"].words()


def test_the_truth_is_the_mean_over_seeds() -> None:
    made = [network(i, "sample", 1e6, i, [i - 10.0 * (i % 2), i + 10.0 * (i % 2)]) for i in range(8)]
    assert report(made).overall.tau["inherited"].value == 1.0


def test_a_second_seed_that_lifts_all_networks_lifts_none_above_the_others() -> None:
    made = [network(i, "sample", 1e6, i, [i / 10, i / 10 + 0.5] if i % 2 else [i / 10]) for i in range(8)]
    assert [sum(n.alone) / len(n.alone) for n in without_seed_effects(made)] == pytest.approx(
        [i / 10 for i in range(8)]
    )
    assert report(made).overall.tau["inherited"].value == 1.0


def test_random_order_is_a_floor_around_zero() -> None:
    found = report(networks(0.0))
    random = found.overall.tau["random"]
    assert random.value == 0.0 and random.low < 0 < random.high
    assert found.measures["random"]["regret@1"].value > found.measures["inherited"]["regret@1"].value
    assert found.measures["random"]["regret@5"].value < found.measures["random"]["regret@1"].value


def test_equal_networks_give_equal_reports_in_json() -> None:
    made = networks(0.1, seeds=2)
    document = report(made).to_dict()
    assert json.loads(json.dumps(document)) == json.loads(json.dumps(report(made).to_dict()))
    assert document["words"] and document["dimensions"]["kernel"]["tau"]["inherited"]["value"] <= 1.0
    assert np.isfinite(json.loads(json.dumps(document))["overall"]["margin"]["low"])


def test_no_equal_macs_is_said() -> None:
    made = [network(i, "sample", 2.0**i, i, [i]) for i in range(5)]
    found = report(made)
    assert found.bands is None and "no two networks are within 10 %" in found.words()[1]


def test_too_few_and_doubled_networks_are_refused() -> None:
    made = networks(0.0)
    for wrong in (made[:3], [*made, made[0]]):
        with pytest.raises(InputError, match="at least 4 networks, each once"):
            rank_report(wrong)
