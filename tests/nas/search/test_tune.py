"""Real Ray Tune trials: results in the journal, failures and dead workers lose only their trial."""

from __future__ import annotations

import logging
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray
import torch

from nas.cluster import _temporary_folder
from nas.search import (
    ray_environment,  # noqa: F401
    search,
)
from nas.search.domains import SpaceDomain
from nas.search.evaluate import EvaluationInputs, Evaluator
from nas.search.generations import Generations
from nas.search.journal import Journal
from nas.search.records import Evaluated
from nas.search.screening import ScreenedGenerations
from nas.search.searchers import SearchTask, make_searcher
from nas.search.tune import run_trials
from search_spaces import Architecture, InputError, SearchSpace
from search_spaces.errors import WorkError
from supernet import Supernet
from supernet.data import load_data
from supernet.sharing import Sharing
from supernet.sharing.copies.mixture import Mixture
from tests.nas.search import synthetic
from tests.nas.search.test_searchers import PROBLEM, TWO, bowl, parameters

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray warns about its own internals


class Troubled:
    """An evaluator that computes a formula, fails on some networks and dies on others."""

    def __init__(self, inputs: Any):
        pass

    def evaluate(self, architecture: Architecture) -> dict[str, float]:
        match int(architecture.digest[:8], 16) % 6:
            case 0:
                raise FloatingPointError("not finite")
            case 1:
                os.kill(os.getpid(), signal.SIGKILL)
        return {"accuracy": synthetic.accuracy(architecture), "worker": float(os.getpid())}


class Calm:
    """An evaluator that computes a formula."""

    def __init__(self, inputs: Any):
        pass

    def evaluate(self, architecture: Architecture) -> dict[str, float]:
        return {"accuracy": synthetic.accuracy(architecture), "worker": float(os.getpid())}


class Hopeless:
    """An evaluator that never succeeds."""

    def __init__(self, inputs: Any):
        pass

    def evaluate(self, architecture: Architecture) -> dict[str, float]:
        raise MemoryError("out of memory")


class Absent:
    """A function of a module that workers do not have."""

    def __call__(self, point: Any) -> dict[str, float]:
        return bowl(point)

    def __reduce__(self) -> Any:
        return __import__, ("absent",)


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    yield
    ray.shutdown()


def task() -> SearchTask:
    return SearchTask(synthetic.domain(), PROBLEM, synthetic.prices(synthetic.space()), seed=0, population=8)


class Inputs:
    """What the evaluators below need: nothing."""

    def read(self, value: Any, where: str) -> Architecture:
        return Architecture.from_dict(value, where)


def alike(genes: Any) -> dict[str, Any]:
    """Price all networks alike."""
    return {name: np.ones(len(genes)) for name in ("latency_ms", "macs")}


def test_failures_and_dead_workers_lose_only_their_trials(tmp_path: Path) -> None:
    with Journal(tmp_path / "e.jsonl", weights="w", data="d") as journal:
        generations = Generations(make_searcher("random", task()), journal, 16)
        run_trials(generations, Inputs(), 2, make=Troubled)
        done = journal.evaluations
    assert [e.index for e in done] == list(range(16))
    for one in done:
        trouble = int(one.point.digest[:8], 16) % 6
        assert one.ok == (trouble > 1)
        if one.ok:
            assert one.metrics["accuracy"] == pytest.approx(synthetic.accuracy(one.point))
        else:
            assert one.error == ("FloatingPointError: not finite" if trouble == 0 else "the worker process died")
    assert {e.ok for e in done} == {True, False}
    kinds = {e.error for e in done if not e.ok}
    assert len(kinds) == 2, "this seed must show both kinds of failure"


def test_a_full_disk_ends_the_search_as_wrong_input_and_keeps_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(tmp_path / "e.jsonl", weights="w", data="d") as journal:
        append = journal.append

        def full(evaluated: Evaluated) -> None:
            if len(journal.evaluations) == 3:
                raise InputError("No space left on device")
            append(evaluated)

        monkeypatch.setattr(journal, "append", full)
        generations = Generations(make_searcher("random", task()), journal, 16)
        with pytest.raises(InputError, match="No space left"):
            run_trials(generations, Inputs(), 2, make=Calm)
        assert len(journal.evaluations) == 3


def test_a_generation_that_fails_whole_ends_the_search(tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    with Journal(path, weights="w", data="d") as journal:
        generations = Generations(make_searcher("nsga2", task()), journal, 24)
        with pytest.raises(WorkError, match=r"all 8 evaluations of generation 1 failed.*MemoryError.*--resume"):
            run_trials(generations, Inputs(), 2, make=Hopeless)
        assert len(journal.evaluations) == 8
    with Journal(path, weights="w", data="d") as journal, pytest.raises(WorkError, match=str(path)):
        Generations(make_searcher("nsga2", task()), journal, 24)
    path.write_text("")  # as the message says: here all lines are of failures
    with Journal(path, weights="w", data="d") as journal:
        generations = Generations(make_searcher("nsga2", task()), journal, 24)
        run_trials(generations, Inputs(), 2, make=Calm)
        assert [e.ok for e in journal.evaluations] == 24 * [True]
        assert len({e.metrics["worker"] for e in journal.evaluations}) <= 2, "no worker was stopped and started anew"


@pytest.mark.parametrize("workers", [0, 2])
def test_a_function_that_returns_no_number_ends_the_search(tmp_path: Path, workers: int) -> None:
    def wordy(point: Any) -> dict[str, Any]:
        return {**bowl(point), **({"error": "low"} if point.values["size0"] == 3 else {})}

    with pytest.raises(InputError, match="^the function returned 'low' for 'error', which is no number$"):
        search(TWO, parameters(), wordy, algorithm="random", evaluations=96, workers=workers, journal=tmp_path / "e")
    lines = (tmp_path / "e").read_text().splitlines()
    assert len(lines) < 48 and all('"status":"ok"' in line for line in lines)


def test_workers_that_can_not_load_the_function_say_why() -> None:
    with pytest.raises(WorkError, match="all 4 evaluations of generation 1 failed.*ImportError.*'absent'.*PYTHONPATH"):
        search(TWO, parameters(), Absent(), evaluations=8, workers=2)


def test_sockets_stay_short_below_a_long_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("t" * 60)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    folder = _temporary_folder()
    folder.rmdir()
    assert len(str(folder)) < 40


@torch.no_grad()
def test_workers_compute_what_this_process_computes(tiny_space: SearchSpace, tmp_path: Path) -> None:
    data = load_data("digits")
    sharing = Sharing(kernel_transforms=True, copies=Mixture("depths", copies=2))
    inputs = EvaluationInputs.of(Supernet(tiny_space, sharing=sharing), data, 64)
    assert not any(t is data.test.images for t in (inputs.images, inputs.calibration))
    with Journal(tmp_path / "e.jsonl", weights="w", data="d") as journal:
        searched = SearchTask(SpaceDomain(tiny_space), PROBLEM, alike, population=3)
        generations = ScreenedGenerations(make_searcher("random", searched), journal, 2, 2, 64, [PROBLEM])
        run_trials(generations, inputs, 2)
        done = journal.evaluations
    here = Evaluator(inputs)
    assert sorted(e.status for e in done) == ["ok", "ok", "screened"]
    for one in done:
        first, whole = here.evaluate(one.point, 64), here.evaluate(one.point)
        found = first if one.status == "screened" else {**whole, "screened_accuracy": first["accuracy"]}
        assert found.items() <= one.metrics.items()
        assert one.metrics["images"] == (64 if one.status == "screened" else len(data.validation))
