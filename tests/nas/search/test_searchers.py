"""Contract of every strategy: pure, new, feasible, bounded; and what evolution adds over random."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.fronts import hypervolume
from nas.search.generations import Generations
from nas.search.journal import Journal
from nas.search.problem import Problem, parse_problem
from nas.search.records import Evaluated
from nas.search.searchers import SEARCHERS, SearchTask, make_searcher
from search_spaces import InputError, SearchSpace, load_space
from tests.nas.search import synthetic

PROBLEM = parse_problem("accuracy,latency_ms,macs")


def task(space: SearchSpace, problem: Problem = PROBLEM, seed: int = 0, population: int = 12) -> SearchTask:
    return SearchTask(space, problem, synthetic.cheap, seed, population)


def play(name: str, searched: SearchTask, path: Path, total: int, stop: int | None = None) -> list[Evaluated]:
    """Run a search with formulas for evaluations, out of order, perhaps stopping early."""
    with Journal(path, weights="w", data="d") as journal:
        generations = Generations(make_searcher(name, searched), journal, total)
        while not generations.finished and (stop is None or generations.done < stop):
            taken = [generations.next() for _ in range(3)]
            for index, candidate in reversed([pair for pair in taken if pair]):
                generations.succeed(index, {"accuracy": synthetic.accuracy(candidate.architecture)}, 0.1)
        return journal.evaluations


@pytest.fixture(scope="module")
def space() -> SearchSpace:
    return synthetic.space()


@pytest.mark.parametrize("name", SEARCHERS)
def test_never_the_same_network_twice_and_as_many_as_asked(name: str, space: SearchSpace, tmp_path: Path) -> None:
    done = play(name, task(space), tmp_path / "e.jsonl", 50)
    assert len(done) == 50 == len({e.architecture.digest for e in done})
    assert [e.index for e in done] == list(range(50))
    assert all(space.contains(e.architecture) for e in done)


@pytest.mark.parametrize("name", SEARCHERS)
@pytest.mark.parametrize("stop", [1, 13, 30])
def test_stopped_and_resumed_equals_uninterrupted(name: str, stop: int, space: SearchSpace, tmp_path: Path) -> None:
    whole = play(name, task(space), tmp_path / "whole.jsonl", 40)
    play(name, task(space), tmp_path / "parts.jsonl", 40, stop=stop)
    assert play(name, task(space), tmp_path / "parts.jsonl", 40) == whole


@pytest.mark.parametrize("name", SEARCHERS)
def test_constraints_on_cheap_columns_cost_no_evaluation(name: str, space: SearchSpace, tmp_path: Path) -> None:
    low, high = (synthetic.price(a)["macs"] for a in (space.smallest(), space.largest()))
    bound = low + (high - low) // 5
    done = play(name, task(space, parse_problem("accuracy,macs", [f"macs <= {bound}"])), tmp_path / "e.jsonl", 30)
    assert len(done) == 30 and all(e.metrics["macs"] <= bound for e in done)


@pytest.mark.parametrize("name", SEARCHERS)
def test_an_exhausted_space_ends_the_search(name: str, tmp_path: Path) -> None:
    file = tmp_path / "few.yaml"
    text = (Path(__file__).parents[2] / "data" / "tiny.yaml").read_text()
    start, end = text.index("  mixer:"), text.index("rules:")
    block = "  mixer: identity\n  norm: batch_norm\n  gate: none\n" \
            "  channel_mixer: {mlp: {expansion: [1, 2], activation: relu, grn: false}}\n"  # fmt: skip
    file.write_text(text[:start] + block + text[end:])
    few = load_space(str(file))
    assert few.cardinality() == 72
    done = play(name, task(few), tmp_path / "e.jsonl", 100)
    assert len({e.architecture.digest for e in done}) == len(done) == 72


@pytest.mark.parametrize("name", SEARCHERS)
def test_failures_are_tried_again_then_recorded_and_skipped(name: str, space: SearchSpace, tmp_path: Path) -> None:
    with Journal(tmp_path / "e.jsonl", weights="w", data="d") as journal:
        generations = Generations(make_searcher(name, task(space)), journal, 30)
        tries: dict[int, int] = {}
        while not generations.finished:
            index, candidate = generations.next() or pytest.fail("nothing to do")
            tries[index] = tries.get(index, 0) + 1
            if index % 5 == 0 or (index % 5 == 1 and tries[index] == 1):
                generations.fail(index, "boom")
            else:
                generations.succeed(index, {"accuracy": 0.5}, 0.1)
        failed = [e for e in journal.evaluations if not e.ok]
    assert [e.index for e in failed] == [0, 5, 10, 15, 20, 25]
    assert all(e.error == "boom" and "accuracy" not in e.metrics for e in failed)
    assert all(tries[i] == (2 if i % 5 <= 1 else 1) for i in range(30))


def test_evolution_beats_random_at_equal_evaluations(space: SearchSpace, tmp_path: Path) -> None:
    largest = synthetic.price(space.largest())
    reference = [0.0, 1.1 * largest["latency_ms"], 1.1 * largest["macs"]]
    volumes = {
        name: [
            hypervolume(
                [PROBLEM.values(e.metrics) for e in play(name, task(space, seed=s), tmp_path / f"{name}{s}", 120)],
                PROBLEM.directions,
                reference,
            )
            for s in range(5)
        ]
        for name in ("evolution", "random")
    }
    assert np.mean(volumes["evolution"]) > 1.03 * np.mean(volumes["random"]), volumes
    assert min(volumes["evolution"]) > max(volumes["random"]), volumes


def test_a_journal_of_another_search_is_refused(space: SearchSpace, tmp_path: Path) -> None:
    play("random", task(space), tmp_path / "e.jsonl", 5)
    with pytest.raises(InputError, match="another search"):
        play("random", task(space, seed=1), tmp_path / "e.jsonl", 5)
