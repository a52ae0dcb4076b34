"""idx files: whole ones are read to the pixel, damaged ones are named."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import torch

from search_spaces.errors import InputError
from supernet.data import load_data
from supernet.data.mnist import read_idx
from tests.supernet.data.files import shared, write_idx

IMAGES = np.random.default_rng(0).integers(0, 256, (60, 7, 7), dtype=np.uint8)
LABELS = (np.arange(60) % 10).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for role in ("train", "t10k"):
        write_idx(tmp_path / f"{role}-images-idx3-ubyte", IMAGES)
        write_idx(tmp_path / f"{role}-labels-idx1-ubyte", LABELS)
    return tmp_path


@pytest.mark.parametrize("form", ["plain", "gz", "dots"])
def test_the_files_are_read_to_the_pixel(folder: Path, form: str) -> None:
    for path in list(folder.iterdir()):
        if form == "gz":
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
        elif form == "dots":
            path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    data = load_data("mnist", str(folder))
    assert (data.name, data.channels, data.resolution, data.flip) == ("mnist", 1, 7, False)
    assert np.array_equal(data.test.images[:, 0].numpy(), IMAGES)
    assert data.test.labels.tolist() == LABELS.tolist()
    assert (len(data.train), len(data.validation)) == (50, 10)


def _damage(path: Path, content: bytes) -> None:
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "damage", "problem"),
    [
        ("train-images-idx3-ubyte", lambda p: p.unlink(), "file train-images-idx3-ubyte .* is missing"),
        ("t10k-labels-idx1-ubyte", lambda p: p.unlink(), "file t10k-labels-idx1-ubyte .* is missing"),
        ("train-images-idx3-ubyte", lambda p: _damage(p, p.read_bytes()[:-9]), "promises 2940 .* truncated"),
        ("train-images-idx3-ubyte", lambda p: _damage(p, p.read_bytes() + b"x"), "promises 2940"),
        ("t10k-labels-idx1-ubyte", lambda p: _damage(p, b"\0\0\x08"), "3 bytes are too few"),
        ("train-labels-idx1-ubyte", lambda p: write_idx(p, LABELS, 2051), "magic number 2051, expected 2049"),
        ("train-labels-idx1-ubyte", lambda p: write_idx(p, LABELS[:50]), "60 images, .* 50 labels"),
        ("t10k-labels-idx1-ubyte", lambda p: write_idx(p, LABELS + 1), "label 10 of image 9"),
        ("t10k-images-idx3-ubyte", lambda p: write_idx(p, IMAGES[:, :5]), r"square .* \(60, 5, 7\)"),
        ("t10k-images-idx3-ubyte", lambda p: write_idx(p, IMAGES[:, :5, :5]), "differ in size"),
    ],
)
def test_a_damaged_file_is_named(folder: Path, name: str, damage, problem: str) -> None:
    damage(folder / name)
    with pytest.raises(InputError, match=problem) as caught:
        load_data("mnist", folder)
    assert name in str(caught.value) or "differ in size" in problem


@pytest.mark.parametrize(
    "content", [b"not gzip at all", gzip.compress(b"abc" * 99)[:-20], b""], ids=["text", "truncated", "empty"]
)
def test_a_damaged_gzip_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(InputError, match="train-images-idx3-ubyte.gz: "):
        read_idx(path, 3)


def test_the_real_mnist_is_read() -> None:
    folder = shared("mnist")
    images = read_idx(folder / "t10k-images-idx3-ubyte.gz", 3)
    labels = read_idx(folder / "t10k-labels-idx1-ubyte.gz", 1)
    assert images.shape == (10_000, 28, 28)
    assert torch.bincount(torch.from_numpy(labels)).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009
    ]  # fmt: skip
