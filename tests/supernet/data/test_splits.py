"""Splits are disjoint, stratified, seeded; the data set describes them truly."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import sklearn.datasets
import torch
from hypothesis import given
from hypothesis import strategies as st

from search_spaces.errors import InputError
from supernet.data import ImageData, Split, load_data
from supernet.data._types import Source
from supernet.data.digits import read_digits
from supernet.data.splits import assemble, digest, stratified


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return load_data("digits")


def _numbered(labels: list[int]) -> Split:
    """A split whose images carry their own number, so that each can be followed."""
    numbers = torch.arange(len(labels))
    pixels = torch.stack([numbers // 256, numbers % 256], 1).to(torch.uint8)
    return Split(pixels.view(-1, 2, 1, 1), torch.tensor(labels, dtype=torch.int64))


def _ids(split: Split) -> list[int]:
    values = split.images.view(len(split), 2).long()
    return (values[:, 0] * 256 + values[:, 1]).tolist()


def _source(classes: int, **parts: Split) -> Source:
    return Source("toy", tuple("abcdefgh"[:classes]), flip=False, parts=parts)


def test_digits_are_split_70_15_15_and_keep_one_channel(digits: ImageData) -> None:
    assert [len(part) for part in (digits.train, digits.validation, digits.test)] == [1257, 270, 270]
    assert (digits.channels, digits.resolution, digits.flip) == (1, 32, False)
    assert digits.train.images.shape == (1257, 1, 32, 32) and digits.train.images.dtype == torch.uint8
    assert digits.train.labels.dtype == torch.int64


def test_digits_are_enlarged_by_linear_interpolation() -> None:
    small = sklearn.datasets.load_digits(return_X_y=True)[0].reshape(-1, 8, 8)[:50]
    large = read_digits().parts["train"].images[:50, 0].numpy()
    at = np.clip((np.arange(32) + 0.5) / 4 - 0.5, 0, 7)
    for image, shown in zip(np.round(small * 255 / 16), large, strict=True):
        rows = np.stack([np.interp(at, range(8), row) for row in image])
        expected = np.stack([np.interp(at, range(8), column) for column in rows.T], 1)
        assert np.abs(expected - shown).max() <= 0.5


@pytest.mark.parametrize("with_test", [False, True])
def test_splits_are_disjoint_complete_and_stratified(with_test: bool) -> None:
    labels = [0] * 300 + [1] * 150 + [2] * 50
    parts = {"train": _numbered(labels)} | ({"test": _numbered([0, 1, 2])} if with_test else {})
    data = assemble(_source(3, **parts), seed=3)
    cut = [data.train, data.validation] + ([] if with_test else [data.test])
    together = [identity for part in cut for identity in _ids(part)]
    assert sorted(together) == list(range(500))
    for part in cut:
        assert torch.equal(part.labels, torch.tensor(labels)[_ids(part)])
        assert abs((part.labels == 2).sum().item() / len(part) - 0.1) < 0.02
    assert len(data.validation) == (50 if with_test else 75)


def test_validation_is_at_most_5000() -> None:
    many = Split(torch.zeros(60_000, 1, 1, 1, dtype=torch.uint8), torch.arange(60_000) % 2)
    data = assemble(_source(2, train=many, test=_numbered([0, 1])), seed=0)
    assert (len(data.train), len(data.validation)) == (55_000, 5_000)


def test_given_splits_stay_and_a_lone_validation_is_the_test() -> None:
    parts = {"train": _numbered([0, 1, 2] * 9), "validation": _numbered([2, 1, 0]), "test": _numbered([1, 0])}
    data = assemble(_source(3, **parts), seed=0)
    assert data.validation is parts["validation"] and data.test is parts["test"]
    del parts["test"]
    assert assemble(_source(3, **parts), seed=0).test is parts["validation"]


def test_the_seed_decides_the_split_and_the_digest() -> None:
    source = _source(3, train=_numbered([0, 1, 2] * 50))
    first, again, other = (assemble(source, seed) for seed in (1, 1, 2))
    assert _ids(first.train) == _ids(again.train) and first.digest == again.digest
    assert _ids(first.train) != _ids(other.train) and first.digest != other.digest


@given(st.lists(st.integers(2, 30), min_size=2, max_size=6), st.integers(0, 9))
def test_every_class_gives_one_and_keeps_one(counts: list[int], seed: int) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    mask = stratified(labels, round(len(labels) * 0.15), np.random.default_rng(seed))
    for label, count in enumerate(counts):
        taken = mask[labels == label].sum()
        assert 1 <= taken < count
        assert abs(taken - 0.15 * count) <= 1.2


def test_the_digest_sees_pixels_labels_and_split_but_not_names(digits: ImageData) -> None:
    base = {"train": _numbered([0, 1]), "test": _numbered([1, 0])}
    pixel = Split(base["train"].images.clone(), base["train"].labels)
    pixel.images[1, 0, 0, 0] += 1
    label = Split(base["train"].images, torch.tensor([1, 1]))
    variants = [
        base,
        {**base, "train": pixel},
        {**base, "train": label},
        {"train": base["test"], "test": base["train"]},
    ]
    assert len({digest(parts) for parts in variants}) == 4
    train = digits.train
    sha = hashlib.sha256(b"train (1257, 1, 32, 32)\n" + train.images.numpy().tobytes())
    sha.update(train.labels.numpy().tobytes())
    assert digest({"train": train}) == sha.hexdigest()


def test_normalised_training_images_have_mean_0_and_deviation_1(digits: ImageData) -> None:
    before = digits.train.images.clone()
    values = digits.normalise(digits.train.images)
    assert values.dtype == torch.float32 and values.shape == before.shape
    assert abs(values.mean().item()) < 1e-4 and abs(values.std().item() - 1) < 1e-4
    assert torch.equal(digits.train.images, before)
    pixels = before.double() / 255
    assert digits.mean[0] == pytest.approx(pixels.mean().item(), abs=1e-9)
    assert digits.std[0] == pytest.approx(pixels.std(correction=0).item(), abs=1e-9)


def test_statistics_are_per_channel_and_a_constant_channel_is_finite() -> None:
    images = torch.zeros(12, 2, 4, 4, dtype=torch.uint8)
    images[::2, 1] = 255
    data = assemble(_source(2, train=Split(images, torch.tensor([0, 0, 1, 1] * 3))), seed=0)
    assert data.mean[0] == 0 and data.std[0] == 1 / 255 and data.std[1] > 0.4
    assert data.normalise(images).isfinite().all()


def test_recalibration_images_are_a_fixed_mixture_and_prefixes_of_each_other(digits: ImageData) -> None:
    many, few = digits.recalibration_images(200), digits.recalibration_images(50)
    assert torch.equal(many[:50], few) and many.dtype == torch.uint8
    assert torch.equal(many, digits.recalibration_images(200))
    assert digits.recalibration_images(10**6).shape == digits.train.images.shape
    by_class = replace(digits, train=digits.train.select(digits.train.labels.argsort(stable=True)))
    where = {row.numpy().tobytes(): label.item() for row, label in zip(*_pairs(by_class.train), strict=True)}
    seen = {where[image.numpy().tobytes()] for image in by_class.recalibration_images(100)}
    assert len(seen) == 10


def _pairs(split: Split) -> tuple[torch.Tensor, torch.Tensor]:
    return split.images, split.labels


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (_source(1, train=_numbered([0] * 9)), "has 1 class, at least 2"),
        (_source(2, train=_numbered([0] * 9 + [1] * 2)), "class 'b' has 2 training images, at least 3"),
        (_source(2, train=_numbered([0] * 9 + [1]), test=_numbered([0])), "class 'b' has 1 .* at least 2"),
        (_source(3, train=_numbered([0, 1] * 9)), "class 'c' has 0 training images"),
        (_source(2, train=_numbered([0, 1] * 9), test=_numbered([])), "the test split is empty"),
    ],
)
def test_what_cannot_be_split_is_refused(source: Source, problem: str) -> None:
    with pytest.raises(InputError, match=f"'toy'.*{problem}"):
        assemble(source, seed=0)
