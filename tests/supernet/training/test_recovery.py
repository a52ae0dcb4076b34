"""Faults of a training: what is not finite, what is damaged, what is interrupted; nothing is lost or learned wrong."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from search_spaces import InputError, SearchSpace
from search_spaces.errors import WorkError
from supernet import Supernet, checkpoint
from supernet.checkpoint import previous
from supernet.data import ImageData, load_data
from supernet.training import Method, TrainConfig, Trainer, TrainProgress, train, weights_digest
from supernet.training.recovery import GROWTH_STEPS, Buffers, NotFinite, Pace, check_finite
from supernet.training.samplers import Sandwich
from tests.conftest import first_images

CONFIG = TrainConfig(Method(Sandwich(random=1)), epochs=1, batch_size=16)  # 9 steps


@pytest.fixture(scope="module")
def data() -> ImageData:
    return first_images(load_data("digits"), 144)


def poison(monkeypatch: pytest.MonkeyPatch, when: Callable[[Trainer], bool]) -> None:
    """Make the images NaN of the steps where ``when`` says so."""
    batch = Trainer.batch

    def poisoned(trainer: Trainer) -> tuple[Tensor, Tensor]:
        images, labels = batch(trainer)
        return (images * np.nan, labels) if when(trainer) else (images, labels)

    monkeypatch.setattr(Trainer, "batch", poisoned)


def digest_without(space: SearchSpace, data: ImageData, skipped: set[int], scale: float) -> str:
    """Return the weights of a plain loop that leaves out steps and trains at ``scale`` after the first of them."""
    trainer = Trainer(Supernet(space), data, CONFIG)
    while trainer.step < trainer.steps:
        if trainer.step in skipped:
            trainer.step, trainer.pace = trainer.step + 1, Pace(scale)
        else:
            trainer.train_step()
    return weights_digest(trainer.supernet)


def test_a_step_that_is_not_finite_changes_nothing_and_halves_the_scale(
    tiny_space: SearchSpace, data: ImageData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, said, rates = digest_without(tiny_space, data, {4}, 0.5), [], {}
    poison(monkeypatch, lambda trainer: trainer.step == 4)

    def note(progress: TrainProgress) -> None:
        rates[progress.step] = progress.learning_rate

    supernet = Supernet(tiny_space)
    assert train(supernet, data, CONFIG, tmp_path / "s.safetensors", note, say=said.append) == expected
    assert list(rates) == [1, 2, 3, 4, 6, 7, 8, 9]
    assert said == ["step 5: the loss of the largest subnet is nan; skipped, learning rate scaled by 0.5 from here"]
    _, meta = checkpoint.load(tmp_path / "s.safetensors")
    assert meta["pace"] == {"scale": 0.5, "good": 4, "bad": 0}
    assert sum(n for choice, n in meta["exposure"].items() if choice.startswith("stage1/depth")) == 8 * 3


def test_three_in_a_row_go_back_to_the_checkpoint_at_a_smaller_rate(
    tiny_space: SearchSpace, data: ImageData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Trainer(Supernet(tiny_space), data, CONFIG)
    whole.pace = Pace(1 / 8)
    while whole.step < whole.steps:
        whole.train_step()
    seen, said = [], []
    poison(monkeypatch, lambda trainer: trainer.step in (2, 3, 4) and trainer.pace.scale > 1 / 8)
    found = train(Supernet(tiny_space), data, CONFIG, tmp_path / "s.safetensors", lambda p: seen.append(p.step),
                  say=said.append)  # fmt: skip
    assert found == weights_digest(whole.supernet)
    assert seen == [1, 2, *range(1, 10)]
    assert said[3:] == ["3 steps in a row were not finite: back to the checkpoint of step 0"]


def test_faults_that_stay_end_the_training(
    tiny_space: SearchSpace, data: ImageData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, said = tmp_path / "s.safetensors", []
    poison(monkeypatch, lambda trainer: trainer.step >= 1)
    with pytest.raises(WorkError, match="at step 4, still after 3 returns.*step 0.*lower --learning-rate"):
        train(Supernet(tiny_space), data, CONFIG, path, say=said.append)
    assert sum("back to the checkpoint" in text for text in said) == 3
    assert checkpoint.load(path)[1]["step"] == 0


def test_the_scale_doubles_after_enough_good_steps_and_never_beyond_one() -> None:
    pace, scales = Pace(), []
    pace.skip()
    pace.skip()
    for _ in range(3 * GROWTH_STEPS):
        pace.step()
        scales.append(pace.scale)
    changes = [i + 1 for i in range(1, len(scales)) if scales[i] != scales[i - 1]]
    assert (scales[0], changes, scales[-1]) == (0.25, [GROWTH_STEPS, 2 * GROWTH_STEPS], 1.0)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_gradient_that_is_not_finite_is_found_and_buffers_return(bad: float) -> None:
    norm = torch.nn.BatchNorm2d(3)
    buffers = Buffers(norm)
    norm(torch.randn(4, 3, 2, 2)).square().mean().backward()
    parameters = list(norm.parameters())
    check_finite(["largest"], [1.0], parameters)
    buffers.restore()
    assert norm.running_mean is not None and norm.running_mean.abs().sum() == 0 == norm.num_batches_tracked
    assert parameters[1].grad is not None
    parameters[1].grad[2] = bad
    with pytest.raises(NotFinite, match="a gradient is"):
        check_finite(["largest"], [1.0], parameters)


def test_a_finite_gradient_may_be_as_large_as_it_likes() -> None:
    weight = torch.nn.Parameter(torch.zeros(2))
    weight.grad = torch.tensor([1e30, -1.0])  # its square is infinite
    check_finite([], [], [weight])


def stopped(space: SearchSpace, data: ImageData, path: Path, *steps: int) -> None:
    """Train and interrupt after each of the steps: one checkpoint each."""
    for step in steps:

        def interrupt(progress: TrainProgress, step: int = step) -> None:
            if progress.step == step:
                signal.raise_signal(signal.SIGTERM)

        with pytest.raises(KeyboardInterrupt):
            train(Supernet(space), data, CONFIG, path, interrupt)


def test_two_checkpoints_are_kept_and_the_older_replaces_a_damaged_newest(
    tiny_space: SearchSpace, data: ImageData, tmp_path: Path
) -> None:
    expected = train(Supernet(tiny_space), data, CONFIG, tmp_path / "whole.safetensors")
    path = tmp_path / "s.safetensors"
    before = previous(path)
    stopped(tiny_space, data, path, 2, 5)
    assert (checkpoint.load(before)[1]["step"], checkpoint.load(path)[1]["step"]) == (2, 5)
    path.write_bytes(path.read_bytes()[:-100])
    said, seen = [], []
    found = train(Supernet(tiny_space), data, CONFIG, path, lambda p: seen.append(p.step), say=said.append)
    assert found == expected and seen[0] == 3
    assert len(said) == 1 and str(path) in said[0] and f"{before}, of step 2" in said[0]
    assert [checkpoint.load(p)[1]["step"] for p in (before, path)] == [2, 9]


def test_a_lost_newest_is_replaced_and_two_damaged_ones_are_both_named(
    tiny_space: SearchSpace, data: ImageData, tmp_path: Path
) -> None:
    path = tmp_path / "s.safetensors"
    stopped(tiny_space, data, path, 2, 5)
    path.unlink()
    stopped(tiny_space, data, path, 4)
    for file in (path, previous(path)):
        file.write_bytes(b"x")
    with pytest.raises(InputError, match=f"{path}.*{previous(path)}"):
        train(Supernet(tiny_space), data, CONFIG, path)


def test_a_full_disk_leaves_both_checkpoints_and_says_what_to_do(
    tiny_space: SearchSpace, data: ImageData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.safetensors"
    stopped(tiny_space, data, path, 2, 5)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match="No space left on device. Free space.*step 5 is whole.*--resume"):
        train(Supernet(tiny_space), data, CONFIG, path)
    assert [checkpoint.load(p)[1]["step"] for p in (previous(path), path)] == [2, 5]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_second_signal_ends_at_once_and_handlers_come_back(
    tiny_space: SearchSpace, data: ImageData, tmp_path: Path
) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def twice(progress: TrainProgress) -> None:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        train(Supernet(tiny_space), data, CONFIG, tmp_path / "s.safetensors", twice)
    assert checkpoint.load(tmp_path / "s.safetensors")[1]["step"] == 0
    assert signal.getsignal(signal.SIGTERM) is before
