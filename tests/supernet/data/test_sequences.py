"""Sequences from .npz files: their splits, classes, values and figures, and every fault named by its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.datasets
import torch

from search_spaces.errors import InputError
from supernet.data import ImageData, load_data

X = np.random.default_rng(0).normal(3, 5, (40, 4, 9)).astype(np.float32)
Y = np.arange(40) % 2


def _write(path: Path, **arrays: Any) -> None:
    np.savez(path, **arrays)


def _load(folder: Path) -> ImageData:
    return load_data(f"sequences:{folder}")


def test_one_file_is_split_and_keeps_its_values(tmp_path: Path) -> None:
    _write(tmp_path / "train.npz", x=X, y=Y)
    data = _load(tmp_path)
    assert (data.channels, data.resolution, data.layout, data.flip) == (4, 9, "sequence", False)
    assert (data.name, data.classes) == (tmp_path.name, ("0", "1"))
    parts = (data.train, data.validation, data.test)
    assert [len(part) for part in parts] == [28, 6, 6]
    together = {row.numpy().tobytes(): int(label) for part in parts for row, label in zip(*_pairs(part), strict=True)}
    assert together == {row.tobytes(): label for row, label in zip(X, Y, strict=True)}


def _pairs(part: Any) -> tuple[torch.Tensor, torch.Tensor]:
    assert part.images.shape[1:] == (4, 1, 9) and part.images.dtype == torch.float32
    return part.images, part.labels


def test_splits_parts_and_text_labels_are_read(tmp_path: Path) -> None:
    text = np.array(["walk", "run"])[Y]
    _write(tmp_path / "train-1.npz", x=X[:20], y=text[:20])
    _write(tmp_path / "train-2.npz", x=X[20:].astype(np.float64), y=text[20:])
    _write(tmp_path / "test.npz", x=(X[:3] * 100).astype(np.int16), y=np.array(["run", "walk", "run"]))
    data = _load(tmp_path)
    assert data.classes == ("run", "walk") and [len(data.train), len(data.test)] == [36, 3]
    assert data.test.labels.tolist() == [0, 1, 0]
    assert torch.equal(data.test.images[:, :, 0].int(), torch.from_numpy((X[:3] * 100).astype(np.int32)))
    _write(tmp_path / "validation.npz", x=X[:4], y=text[:4])
    data = _load(tmp_path)
    assert torch.equal(data.validation.images, torch.from_numpy(X[:4, :, None])) and len(data.train) == 40


def test_normalised_sequences_have_mean_0_and_deviation_1_per_channel(tmp_path: Path) -> None:
    x = X * np.array([1, 1e-3, 1e4, 1], np.float32)[:, None] + np.array([0, 1, -1e4, 0], np.float32)[:, None]
    x[:, 3] = 7.3
    _write(tmp_path / "train.npz", x=x, y=Y)
    data = _load(tmp_path)
    values = data.normalise(data.train.images)
    assert data.mean == pytest.approx(data.train.images.double().mean((0, 2, 3)).tolist(), rel=1e-9)
    assert data.std[:3] == pytest.approx(data.train.images.double().std((0, 2, 3), correction=0)[:3].tolist(), rel=1e-9)
    assert values.mean((0, 2, 3)).abs().max() < 1e-3
    assert torch.allclose(values.std((0, 2, 3), correction=0), torch.tensor([1.0, 1, 1, 0]), atol=1e-3)


def test_the_digest_follows_a_single_value(tmp_path: Path) -> None:
    _write(tmp_path / "train.npz", x=X, y=Y)
    before = _load(tmp_path).digest
    assert _load(tmp_path).digest == before
    changed = X.copy()
    changed[7, 2, 5] = np.nextafter(changed[7, 2, 5], np.float32(np.inf))
    _write(tmp_path / "train.npz", x=changed, y=Y)
    assert _load(tmp_path).digest != before


def _replaced(value: float) -> np.ndarray:
    x = X.astype(np.float64)
    x[5, 1, 2] = value
    return x


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        ({"x": X}, r"train\.npz: no array 'y' among x; expected train\.npz with arrays x \[N, channels, length\]"),
        ({"X": X, "y": Y}, r"train\.npz: no array 'x' among X, y"),
        ({"x": X[:, 0], "y": Y}, r"expected x of numbers \[N, channels, length\], found float32 \(40, 9\)"),
        ({"x": X[:, :, :0], "y": Y}, r"expected x of numbers .* \(40, 4, 0\)"),
        ({"x": X.astype(complex), "y": Y}, "expected x of numbers .* found complex128"),
        ({"x": X, "y": Y + 0.5}, r"expected y of integers or text \[N\], found float64 \(40,\)"),
        ({"x": X, "y": Y[:, None]}, r"expected y of integers or text \[N\], found int64 \(40, 1\)"),
        ({"x": X, "y": Y[:39]}, "40 sequences in x, 39 labels in y"),
        ({"x": _replaced(np.nan), "y": Y}, "sequence 5 has a value that is not a finite float32"),
        ({"x": _replaced(1e60), "y": Y}, "sequence 5 has a value that is not a finite float32"),
        ({"x": X, "y": Y.astype(object)}, r"train\.npz: not a readable \.npz file of plain arrays"),
        ({"x": X, "y": Y * 0}, "1 class, at least 2"),
        ({"x": X[:4], "y": np.array([0, 0, 0, 1])}, "class '1' has 1 training sequences, at least 3"),
    ],
)
def test_faults_of_a_file_are_named(tmp_path: Path, arrays: dict[str, np.ndarray], problem: str) -> None:
    _write(tmp_path / "train.npz", **arrays)
    with pytest.raises(InputError, match=problem):
        _load(tmp_path)


@pytest.mark.parametrize("keep", [0, 3, 500, -30])
def test_a_truncated_file_is_named(tmp_path: Path, keep: int) -> None:
    _write(tmp_path / "train.npz", x=X, y=Y)
    content = (tmp_path / "train.npz").read_bytes()
    (tmp_path / "train.npz").write_bytes(content[:keep])
    with pytest.raises(InputError, match=r"train\.npz: not a readable \.npz file"):
        _load(tmp_path)


def test_a_bare_array_under_the_name_is_no_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "train.npy", X)
    (tmp_path / "train.npy").rename(tmp_path / "train.npz")
    with pytest.raises(InputError, match=r"train\.npz: not a readable \.npz file"):
        _load(tmp_path)


@pytest.mark.parametrize(
    ("test", "problem"),
    [
        ({"x": X[:2], "y": np.array([0, 7])}, r"test\.npz, sequence 1: label 7 is not one of 2 classes \(0, 1\)"),
        ({"x": X[:2], "y": np.array(["0", "1"])}, "the labels are text in one file and integers in another"),
        ({"x": X[:2, :, :8], "y": Y[:2]}, r"test\.npz: channels and length \(4, 8\), but \(4, 9\) in train\.npz"),
        ({"x": X[:0], "y": Y[:0]}, "the test split is empty"),
    ],
)
def test_a_test_file_that_does_not_fit_is_named(tmp_path: Path, test: dict[str, np.ndarray], problem: str) -> None:
    _write(tmp_path / "train.npz", x=X, y=Y)
    _write(tmp_path / "test.npz", **test)
    with pytest.raises(InputError, match=problem):
        _load(tmp_path)


def test_digits_are_scanned_from_left_to_right() -> None:
    data = load_data("digits-sequence")
    assert (data.channels, data.resolution, data.layout) == (8, 32, "sequence")
    assert [len(part) for part in (data.train, data.validation, data.test)] == [1257, 270, 270]
    images, labels = sklearn.datasets.load_digits(return_X_y=True)
    at = np.clip((np.arange(32) + 0.5) / 4 - 0.5, 0, 7)
    scanned = [[np.interp(at, range(8), row / 16) for row in image] for image in images.reshape(-1, 8, 8)]
    expected = {np.array(image, np.float32).tobytes(): label for image, label in zip(scanned, labels, strict=True)}
    for sequence, label in zip(data.test.images, data.test.labels, strict=True):
        assert expected[sequence.numpy().tobytes()] == label
