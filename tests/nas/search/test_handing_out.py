"""Who is handed which proposal, without Ray: workers that wait, that die, that never begin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nas.search.generations import Generations
from nas.search.journal import Journal
from nas.search.searchers import SearchTask, make_searcher
from nas.search.tune import GenerationSearch
from search_spaces.errors import WorkError
from tests.nas.search.test_searchers import TWO, bowl, parameters

READY = {"ready": True}
FAILED = {"metrics": "{}", "error": "MemoryError: full", "refused": False, "final": False, "seconds": 1.0}


class Desk(GenerationSearch):
    """A search whose outbox is a list."""

    def __init__(self, generations: Generations):
        self.told: list[tuple[str, str | None]] = []
        put = SimpleNamespace(remote=lambda worker, point: self.told.append((worker, point)))
        super().__init__(generations, SimpleNamespace(put=put), 2, lambda: None)

    def news(self) -> list[tuple[str, bool]]:
        """Return who was told something since, and whether it was a point."""
        told, self.told = self.told, []
        return [(worker, point is not None) for worker, point in told]

    def answer(self, worker: str) -> None:
        """Report the result of what a worker evaluates."""
        point = self.generations.open[self.busy[worker]].point
        self.on_trial_result(worker, {**FAILED, "error": None, "metrics": json.dumps(bowl(point))})


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """An empty journal."""
    with Journal(tmp_path / "e.jsonl", weights="w", data="d", read=parameters().read) as found:
        yield found


@pytest.fixture
def desk(journal: Journal) -> Desk:
    """Eight evaluations in two generations."""
    return Desk(Generations(make_searcher("random", SearchTask(parameters(), TWO, population=4)), journal, 8))


def begin(desk: Desk, *workers: str) -> None:
    """Let workers start and say so."""
    for worker in workers:
        assert desk.suggest(worker) == {}
        desk.on_trial_result(worker, dict(READY))


def test_a_worker_is_handed_nothing_before_it_is_ready(desk: Desk) -> None:
    assert desk.suggest("a") == {} and desk.news() == []
    desk.on_trial_result("a", dict(READY))
    assert desk.news() == [("a", True)]


def test_a_worker_waits_for_the_next_generation_and_is_not_ended(desk: Desk) -> None:
    begin(desk, "a", "b")
    for worker in "aba":
        desk.answer(worker)
    assert desk.idle == ["a"] and list(desk.busy) == ["b"]
    desk.news()
    desk.answer("b")
    assert sorted(desk.news()) == [("a", True), ("b", True)]
    for worker in "abab":
        desk.answer(worker)
    assert sorted(desk.news()[-2:]) == [("a", False), ("b", False)] and desk.stop_all()
    assert desk.suggest("c") == GenerationSearch.FINISHED


def test_what_a_lost_worker_had_goes_to_one_that_waits_and_is_recorded_after_the_second_loss(desk: Desk) -> None:
    begin(desk, "a", "b")
    for worker in "aba":
        desk.answer(worker)
    index = desk.busy["b"]
    desk.on_trial_complete("b", error=True)
    assert desk.busy == {"a": index}
    begin(desk, "c")
    desk.on_trial_complete("a", error=True)
    lost = desk.generations.journal.get(index)
    assert lost is not None and lost.error == "the worker process died"
    assert list(desk.busy) == ["c"], "it goes on with the next generation"


def test_a_worker_that_dies_while_it_waits_is_forgotten(desk: Desk) -> None:
    begin(desk, "a", "b")
    for worker in "aba":
        desk.answer(worker)
    desk.on_trial_complete("a", error=True)
    desk.answer("b")
    assert list(desk.busy) == ["b"] and desk.idle == []


def test_workers_that_never_begin_end_the_search(desk: Desk) -> None:
    begin(desk, "a")
    for i in range(7):
        assert not desk.stop_all()
        desk.on_trial_complete(f"dead{i}", error=True)
    assert desk.stop_all()
    assert isinstance(desk.failure, WorkError) and "7 workers in a row" in str(desk.failure)


def test_what_ends_the_search_ends_every_worker(desk: Desk) -> None:
    begin(desk, "a", "b")
    refused: dict[str, Any] = {**FAILED, "error": "no number", "refused": True}
    desk.news()
    desk.on_trial_result("a", refused)
    assert desk.news() == [("a", False)]
    desk.answer("b")
    assert desk.news() == [("b", False)] and str(desk.failure) == "no number"
    assert len(desk.generations.journal) == 0
