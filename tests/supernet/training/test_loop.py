"""Training: repeatable, resumable to the same weights, honest about checkpoints that do not fit."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from search_spaces import InputError, SearchSpace, load_space
from supernet import Supernet, accuracy, checkpoint, recalibrate
from supernet.data import ImageData, load_data
from supernet.evaluate import in_batches, resized
from supernet.norms import ElasticRepBatchNorm2d
from supernet.training import Method, TrainConfig, Trainer, TrainProgress, load_weights, train, weights_digest
from supernet.training.loop import learning_rate
from supernet.training.samplers import Sandwich
from tests.conftest import TINY

CONFIG = TrainConfig(Method(Sandwich(random=1)), epochs=2, batch_size=128, learning_rate=5e-3)


@pytest.fixture(scope="module")
def data() -> ImageData:
    return load_data("digits")


def test_training_learns(tiny_space: SearchSpace, data: ImageData, tmp_path: Path) -> None:
    supernet = Supernet(tiny_space)
    train(supernet, data, replace(CONFIG, epochs=3, batch_size=64), tmp_path / "s.safetensors")
    network = supernet.extract(tiny_space.largest())
    recalibrate(network, in_batches(data.recalibration_images(512), data.normalise, 256))
    assert accuracy(network, data.validation.images, data.validation.labels, data.normalise) > 0.6


def test_sequences_are_learned(tmp_path: Path) -> None:
    data = load_data("digits-sequence")
    space = load_space("tdnn", scale="small", resolution=32, channels=8, layout=data.layout)
    space = SearchSpace.of(space.smallest())
    supernet = Supernet(space)
    train(supernet, data, TrainConfig(Method(Sandwich(random=0)), epochs=2), tmp_path / "weights.safetensors")
    network = supernet.extract(space.largest())
    recalibrate(network, in_batches(data.recalibration_images(256), data.normalise, 64))
    assert accuracy(network, data.validation.images, data.validation.labels, data.normalise) > 0.5


def test_rep_bn_passes_to_batch_norm_along_the_training(data: ImageData, tmp_path: Path) -> None:
    path = tmp_path / "space.yaml"
    path.write_text(TINY.read_text().replace("\n  norm: batch_norm", "\n  norm: rep_bn"))
    supernet = Supernet(load_space(str(path)))
    trainer = Trainer(supernet, data, CONFIG)
    norms = [module for module in supernet.modules() if isinstance(module, ElasticRepBatchNorm2d)]
    parts = []
    for step in (0, 1, trainer.steps - 1):
        trainer.step = step
        trainer.train_step()
        (part,) = {norm.blend for norm in norms}
        parts.append(part)
    assert parts[0] == 1 and 0 < parts[1] < 1 and parts[2] == 0


def test_interrupted_and_resumed_equals_uninterrupted(tiny_space: SearchSpace, data: ImageData, tmp_path: Path) -> None:
    whole = Supernet(tiny_space)
    digest = train(whole, data, CONFIG, tmp_path / "whole.safetensors")
    path = tmp_path / "parts.safetensors"
    for stop in (3, 9, 11):

        def interrupt(progress: TrainProgress, stop: int = stop) -> None:
            if progress.step == stop:
                signal.raise_signal(signal.SIGINT if stop == 3 else signal.SIGTERM)

        with pytest.raises(KeyboardInterrupt):
            train(Supernet(tiny_space, seed=0 if stop == 3 else 7), data, CONFIG, path, interrupt)
    steps = []
    parts = Supernet(tiny_space, seed=8)
    assert train(parts, data, CONFIG, path, lambda progress: steps.append(progress.step)) == digest
    assert steps[0] == 12
    assert train(Supernet(tiny_space), data, CONFIG, path, lambda progress: pytest.fail("trained on")) == digest


def test_one_step_trains_operators_of_all_its_subnets(tiny_space: SearchSpace, data: ImageData) -> None:
    trainer = Trainer(Supernet(tiny_space), data, CONFIG)
    before = {n: p.detach().clone() for n, p in trainer.parameters.items()}
    for _ in range(8):
        trainer.train_step()
    moved = {n for n, p in trainer.parameters.items() if not torch.equal(p, before[n])}
    for operator in ("dw_conv", "dilated_reparam", "inception_dw", "se", "eca", "mlp"):
        assert any(f".op_{operator}." in name for name in moved), operator


def test_learning_rate_rises_then_falls() -> None:
    rates = [learning_rate(CONFIG, step, 100) for step in range(100)]
    assert rates[9] == max(rates) == CONFIG.learning_rate
    assert rates[:10] == sorted(rates[:10]) and rates[10:] == sorted(rates[10:], reverse=True)


def test_a_checkpoint_of_another_training_is_refused(tiny_space: SearchSpace, data: ImageData, tmp_path: Path) -> None:
    path = tmp_path / "s.safetensors"
    trainer = Trainer(Supernet(tiny_space), data, CONFIG)
    trainer.save(path)
    other = Trainer(Supernet(tiny_space), data, replace(CONFIG, learning_rate=1e-3))
    with pytest.raises(InputError, match=r"another training: learning_rate was 0\.005, now 0\.001"):
        other.load(path)
    with pytest.raises(InputError, match="unfinished training"):
        load_weights(Supernet(tiny_space), path)


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "text"])
def test_damaged_checkpoints_are_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "c.safetensors"
    checkpoint.save(path, {"a": torch.arange(1000.0)}, {"step": 1})
    content = bytearray(path.read_bytes())
    content[-5] ^= 0x10
    damaged = {"truncated": path.read_bytes()[:-100], "flipped": content, "empty": b"", "text": b"hello" * 50}
    path.write_bytes(damaged[damage])
    with pytest.raises(InputError, match=f"corrupt checkpoint {path}.*Delete the file"):
        checkpoint.load(path)


def test_checkpoint_round_trip_and_atomic_write(tmp_path: Path) -> None:
    path = tmp_path / "c.safetensors"
    tensors = {"a": torch.randn(3, 4), "b": torch.arange(5)}
    digest = checkpoint.save(path, tensors, {"step": 3})
    found, meta = checkpoint.load(path)
    assert meta == {"step": 3} and digest == checkpoint.tensors_digest(found)
    assert all(torch.equal(found[n], t) for n, t in tensors.items())
    assert [p.name for p in tmp_path.iterdir()] == ["c.safetensors"]
    with pytest.raises(InputError, match="cannot write"):
        checkpoint.save("/proc/nowhere/c.safetensors", tensors, {})


def test_full_disk_leaves_the_old_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.safetensors"
    checkpoint.save(path, {"a": torch.zeros(2)}, {"step": 1})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        checkpoint.save(path, {"a": torch.ones(2)}, {"step": 2})
    assert checkpoint.load(path)[1] == {"step": 1}
    assert len(list(tmp_path.iterdir())) == 1


def test_load_weights_of_a_finished_training(tiny_space: SearchSpace, data: ImageData, tmp_path: Path) -> None:
    path = tmp_path / "s.safetensors"
    supernet = Supernet(tiny_space)
    digest = train(supernet, data, replace(CONFIG, epochs=1, batch_size=512), path)
    other = Supernet(tiny_space, seed=3)
    load_weights(other, path)
    assert weights_digest(other) == digest


@torch.no_grad()
def test_recalibration_gives_the_statistics_of_the_images(tiny_space: SearchSpace, data: ImageData) -> None:
    network = Supernet(tiny_space).extract(tiny_space.largest())
    norm = network.stem.first.norm  # type: ignore[union-attr]
    momentum = norm.momentum  # type: ignore[union-attr]
    images = data.recalibration_images(256)
    recalibrate(network, in_batches(images, data.normalise, 64))
    outputs = network.stem.first.conv(data.normalise(images))  # type: ignore[union-attr,operator]
    torch.testing.assert_close(norm.running_mean, outputs.mean((0, 2, 3)), rtol=1e-4, atol=1e-5)  # type: ignore[union-attr]
    assert norm.momentum == momentum and not network.training  # type: ignore[union-attr]
    before = norm.running_mean.clone()  # type: ignore[union-attr,operator]
    recalibrate(network, in_batches(images, data.normalise, 64))
    assert torch.equal(norm.running_mean, before)  # type: ignore[union-attr]


@torch.no_grad()
def test_accuracy_counts_and_refuses_nonsense(tiny_space: SearchSpace, data: ImageData) -> None:
    network = Supernet(tiny_space).extract(tiny_space.smallest())
    split = data.validation
    guesses = network(data.normalise(split.images)).argmax(1)
    expected = float((guesses == split.labels).float().mean())
    assert accuracy(network, split.images, split.labels, data.normalise, 100) == pytest.approx(expected)
    next(network.parameters()).fill_(float("nan"))
    with pytest.raises(FloatingPointError):
        accuracy(network, split.images, split.labels, data.normalise)


def test_inputs_are_resized_within_their_layout() -> None:
    images = torch.randn(3, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    assert resized(images, 8) is images and resized(images, 4).shape == (3, 2, 4, 4)
    shorter = resized(torch.arange(8.0).repeat(3, 2, 1, 1), 4)
    assert shorter.shape == (3, 2, 1, 4)
    torch.testing.assert_close(shorter[0, 0, 0], torch.tensor([0.7143, 2.5, 4.5, 6.2857]), atol=1e-4, rtol=0)
