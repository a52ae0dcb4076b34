"""Three disjoint splits, stratified by class and drawn from one seed."""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from torch import Tensor

from search_spaces.errors import InputError
from supernet.data._types import ImageData, Source, Split

_POOL_SHARE = 0.15  # of a source without a test set, for validation and again for test
_VALIDATION_SHARE, _VALIDATION_MOST = 0.10, 5_000  # of the training split of a source with a test set
_STATISTICS_BATCH = 256
_FLOAT_NOISE = 1e-6  # of its mean: what float32 leaves of a constant


def assemble(source: Source, seed: int) -> ImageData:
    """Split a source and describe it. A lone ``validation`` part is what the source tests on: it is the test.

    Raises InputError for fewer than two classes, an empty part, or a class too small to be split.
    """
    parts = dict(source.parts)
    if "test" not in parts and "validation" in parts:
        parts["test"] = parts.pop("validation")
    _check(source, parts)
    parts = _split(parts, np.random.default_rng(seed))
    train = parts["train"]
    mean, std = channel_statistics(train.images)
    _, channels, _, side = train.images.shape
    return ImageData(name=source.name, classes=source.classes, channels=channels, resolution=side, **parts,
                     mean=mean, std=std, digest=digest(parts), flip=source.flip, layout=source.layout)  # fmt: skip


def _check(source: Source, parts: dict[str, Split]) -> None:
    if len(source.classes) < 2:
        raise InputError(f"data {source.name!r} has {len(source.classes)} class, at least 2 are needed: "
                         f"{', '.join(source.classes)}")  # fmt: skip
    empty = [role for role, part in parts.items() if len(part) == 0]
    if empty:
        raise InputError(f"data {source.name!r}: the {empty[0]} split is empty")
    needed = 4 - len(parts)  # training keeps one a class, and every split cut from it gets one
    counts = np.bincount(parts["train"].labels.numpy(), minlength=len(source.classes))
    for name, count in zip(source.classes, counts, strict=True):
        if count < needed:
            raise InputError(f"data {source.name!r}: class {name!r} has {count} training {source.layout}s, at least "
                             f"{needed} are needed to split it")  # fmt: skip


def _split(parts: dict[str, Split], rng: np.random.Generator) -> dict[str, Split]:
    parts = dict(parts)
    pool = len(parts["train"])
    held = round(pool * _POOL_SHARE)
    if "test" not in parts:
        parts["train"], parts["test"] = _cut(parts["train"], held, rng)
    else:
        held = min(round(pool * _VALIDATION_SHARE), _VALIDATION_MOST)
    if "validation" not in parts:
        parts["train"], parts["validation"] = _cut(parts["train"], held, rng)
    return {role: parts[role] for role in ("train", "validation", "test")}


def _cut(split: Split, held: int, rng: np.random.Generator) -> tuple[Split, Split]:
    taken = stratified(split.labels.numpy(), held, rng)
    return split.select(torch.from_numpy(np.flatnonzero(~taken))), split.select(torch.from_numpy(np.flatnonzero(taken)))


def stratified(labels: np.ndarray, held: int, rng: np.random.Generator) -> np.ndarray:
    """Return a bool mask [N] of ``held`` random inputs, every class in its proportion (largest remainders).

    A class gives at least one and keeps at least one, so tiny classes can move the total a little.
    """
    counts = np.bincount(labels)
    quota = counts * held / len(labels)
    take = np.floor(quota).astype(np.int64)
    take[np.argsort(take - quota, kind="stable")[: held - take.sum()]] += 1
    take = np.clip(take, 1, counts - 1)
    mask = np.zeros(len(labels), dtype=bool)
    for label, number in enumerate(take):
        mask[rng.permutation(np.flatnonzero(labels == label))[:number]] = True
    return mask


def channel_statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation per channel of [N, C, H, W], as `Normalise` takes them.

    The figures do not depend on threads.
    """
    return _float_statistics(images) if images.is_floating_point() else _pixel_statistics(images)


def _pixel_statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Sum uint8 in integers, on the scale 0..1. A constant channel has deviation 1/255."""
    total = torch.zeros(images.shape[1], dtype=torch.int64)
    squares = torch.zeros_like(total)
    for batch in images.split(_STATISTICS_BATCH):
        values = batch.to(torch.int32)
        total += values.sum((0, 2, 3))
        squares += (values * values).sum((0, 2, 3))
    pixels = images.numel() // images.shape[1]
    mean = total.double() / pixels
    std = (squares.double() / pixels - mean * mean).clamp(min=0).sqrt().clamp(min=1)
    return tuple((mean / 255).tolist()), tuple((std / 255).tolist())


def _float_statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Sum float32 in float64, first the mean, then the squares. A constant channel has deviation 1."""
    batches = [batch.numpy() for batch in images.split(_STATISTICS_BATCH)]
    values = images.numel() // images.shape[1]
    mean = np.sum([batch.sum((0, 2, 3), dtype=np.float64) for batch in batches], axis=0) / values
    centre = mean.reshape(1, -1, 1, 1)
    std = np.sqrt(np.sum([((batch - centre) ** 2).sum((0, 2, 3)) for batch in batches], axis=0) / values)
    constant = std <= _FLOAT_NOISE * np.abs(mean)
    return tuple(mean.tolist()), tuple(np.where(constant, 1.0, std).tolist())


def digest(parts: dict[str, Split]) -> str:
    """Return the SHA-256 (hex) over the shape, values and labels of every split, in the order given."""
    sha = hashlib.sha256()
    for role, part in parts.items():
        sha.update(f"{role} {tuple(part.images.shape)}\n".encode())
        sha.update(part.images.contiguous().numpy().data)
        sha.update(part.labels.numpy().astype("<i8").data)
    return sha.hexdigest()
