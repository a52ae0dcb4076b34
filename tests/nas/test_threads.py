"""The threads and processes of a training: told, kept by the run, or measured, which leaves no trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch

from nas import joint_steps, threads
from nas.cli.main import run
from nas.settings import read_count
from search_spaces.errors import InputError
from search_spaces.files import read_json
from supernet import checkpoint
from tests.conftest import TINY

TRAIN = ["train", "--space", str(TINY), "--epochs", "1", "--batch-size", "256"]


class Clock:
    """Two cores; every way of doing a step is gone once, and takes the seconds that it is said to take."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.seconds: dict[Any, float] = {1: 0.1, 2: 0.2}
        self.asked: list[tuple[Any, ...]] = []
        monkeypatch.setattr(threads, "usable_cores", lambda: 2)
        monkeypatch.setattr(threads, "wall_seconds", self)

    def __call__(self, ways: Mapping[Any, Callable[[], None]]) -> dict[Any, float]:
        self.asked.append(tuple(ways))
        for call in ways.values():
            call()
        return {way: self.seconds[way] for way in ways}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Steps are quicker on one thread than on two."""
    return Clock(monkeypatch)


def weights(folder: Path) -> str:
    return checkpoint.tensors_digest(checkpoint.load(folder / "supernet.safetensors")[0])


def division(folder: Path) -> tuple[int, int]:
    """Return the processes and threads that a run keeps."""
    config = read_json(folder / "config.json")
    return config["train_workers"], config["threads"]


def test_the_quickest_number_is_taken_told_and_kept(measured: Clock, tmp_path: Path, capsys):
    assert run([*TRAIN, "--out", str(tmp_path), "--name", "auto"]) == 0
    assert (
        "threads: 1, with which a training step is quickest here now (1: 100 ms, 2: 200 ms)" in capsys.readouterr().err
    )
    assert division(tmp_path / "auto") == (1, 1)
    assert run([*TRAIN, "--out", str(tmp_path), "--name", "auto", "--resume", "--quiet"]) == 0
    assert measured.asked == [(1, 2)]  # not again
    assert run([*TRAIN, "--out", str(tmp_path), "--name", "told", "--threads", "1", "--quiet"]) == 0
    assert measured.asked == [(1, 2)]
    assert weights(tmp_path / "auto") == weights(tmp_path / "told")


def test_a_number_that_is_given_wins(measured: Clock, tmp_path: Path):
    before = torch.get_num_threads()
    try:
        assert run([*TRAIN, "--out", str(tmp_path), "--name", "two", "--threads", "2", "--quiet"]) == 0
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert not measured.asked
    assert read_json(tmp_path / "two" / "config.json")["threads"] == 2


@pytest.mark.parametrize(("cores", "counts"), [(1, (1,)), (2, (1, 2)), (6, (1, 2, 4, 6)), (8, (1, 2, 4, 8))])
def test_powers_of_two_and_all_cores_are_tried(cores: int, counts: tuple[int, ...]):
    assert threads.thread_counts(cores) == counts


@pytest.mark.filterwarnings("ignore")  # Ray warns about its own internals
def test_several_processes_train_where_they_are_quicker(measured: Clock, monkeypatch, tmp_path: Path, capsys):
    monkeypatch.setattr(threads, "_LONG", 0.0)
    measured.seconds |= {"alone": 0.12, "joint": 0.06}
    assert run([*TRAIN, "--out", str(tmp_path), "--name", "two"]) == 0
    assert (
        "threads: 1 in each of 2 processes, whose training step takes 0.50 times the quickest of one process here now "
        "(1: 100 ms, 2: 200 ms)" in capsys.readouterr().err
    )
    assert division(tmp_path / "two") == (2, 2)
    assert measured.asked == [(1, 2), ("alone", "joint")]


def test_one_process_trains_where_several_are_hardly_quicker(measured: Clock, monkeypatch, tmp_path: Path, capsys):
    monkeypatch.setattr(threads, "_LONG", 0.0)
    monkeypatch.setattr(joint_steps, "joint_steps", lambda plan, workers: nullcontext(lambda: None))
    measured.seconds |= {"alone": 0.10, "joint": 0.095}
    assert run([*TRAIN, "--out", str(tmp_path), "--name", "one"]) == 0
    assert "quickest here now (1: 100 ms, 2: 200 ms; 2 processes: 0.95 times the quickest)" in capsys.readouterr().err
    assert division(tmp_path / "one") == (1, 1)


def test_one_process_trains_where_several_do_not_start(measured: Clock, monkeypatch, tmp_path: Path, capsys):
    def fail(plan: Any, workers: int) -> Any:
        raise RuntimeError("no node\nwith a long tail")

    monkeypatch.setattr(threads, "_LONG", 0.0)
    monkeypatch.setattr(joint_steps, "joint_steps", fail)
    assert run([*TRAIN, "--out", str(tmp_path), "--name", "one"]) == 0
    said = capsys.readouterr().err
    assert "2 training processes could not be timed (RuntimeError: no node); one trains" in said
    assert "long tail" not in said and division(tmp_path / "one") == (1, 1)


@pytest.mark.parametrize(("cores", "batch", "workers"), [(1, 64, 1), (2, 64, 2), (6, 64, 4), (64, 64, 8), (3, 17, 1)])
def test_processes_share_a_batch_equally(cores: int, batch: int, workers: int):
    assert threads.worker_count(cores, batch) == workers


def test_the_option_is_auto_or_a_number():
    assert read_count("--threads", "auto") is None
    assert read_count("--threads", "3") == 3
    with pytest.raises(InputError, match="--threads must be auto or a number, found 'many'"):
        read_count("--threads", "many")
