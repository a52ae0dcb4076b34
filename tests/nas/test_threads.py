"""The threads of a training: told, kept by the run, or measured; what they are measured with leaves no trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from nas import threads
from nas.cli.main import run
from nas.settings import read_threads
from search_spaces.errors import InputError
from search_spaces.files import read_json
from supernet import checkpoint
from tests.conftest import TINY

TRAIN = ["train", "--space", str(TINY), "--epochs", "1", "--batch-size", "256"]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Two cores of which one is quicker; the numbers that were timed."""
    asked: list[tuple[int, ...]] = []
    step_seconds = threads.step_seconds

    def timed(trainer: Any, counts: tuple[int, ...]) -> dict[int, float]:
        asked.append(counts)
        assert set(step_seconds(trainer, (1,))) == {1}  # real steps
        return {1: 0.1, 2: 0.2}

    monkeypatch.setattr(threads, "usable_cores", lambda: 2)
    monkeypatch.setattr(threads, "step_seconds", timed)
    return asked


def weights(folder: Path) -> str:
    return checkpoint.tensors_digest(checkpoint.load(folder / "supernet.safetensors")[0])


def test_the_quickest_number_is_taken_told_and_kept(measured, tmp_path: Path, capsys):
    assert run([*TRAIN, "--out", str(tmp_path), "--name", "auto"]) == 0
    assert (
        "threads: 1, with which a training step is quickest here now (1: 100 ms, 2: 200 ms)" in capsys.readouterr().err
    )
    assert read_json(tmp_path / "auto" / "config.json")["threads"] == 1
    assert run([*TRAIN, "--out", str(tmp_path), "--name", "auto", "--resume", "--quiet"]) == 0
    assert measured == [(1, 2)]  # not again
    assert run([*TRAIN, "--out", str(tmp_path), "--name", "told", "--threads", "1", "--quiet"]) == 0
    assert measured == [(1, 2)]
    assert weights(tmp_path / "auto") == weights(tmp_path / "told")


def test_a_number_that_is_given_wins(measured, tmp_path: Path):
    before = torch.get_num_threads()
    try:
        assert run([*TRAIN, "--out", str(tmp_path), "--name", "two", "--threads", "2", "--quiet"]) == 0
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert not measured
    assert read_json(tmp_path / "two" / "config.json")["threads"] == 2


@pytest.mark.parametrize(("cores", "counts"), [(1, (1,)), (2, (1, 2)), (6, (1, 2, 4, 6)), (8, (1, 2, 4, 8))])
def test_powers_of_two_and_all_cores_are_tried(cores: int, counts: tuple[int, ...]):
    assert threads.thread_counts(cores) == counts


def test_the_option_is_auto_or_a_number():
    assert read_threads("auto") is None
    assert read_threads("3") == 3
    with pytest.raises(InputError, match="--threads must be auto or a number, found 'many'"):
        read_threads("many")
