"""A part of a data set, for training in minutes what would take hours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from search_spaces.errors import InputError
from supernet.data._types import ImageData, Split
from supernet.data.splits import channel_statistics, digest, stratified


def subset(data: ImageData, train: int, validation: int, seed: int = 0) -> ImageData:
    """Return ``data`` with so many images to train and to validate on, drawn from those two splits together.

    Classes keep their proportions; the test split stays as it is. Raises InputError when there are not so many images.
    """
    images = torch.cat([data.train.images, data.validation.images])
    pool = Split(images, torch.cat([data.train.labels, data.validation.labels]))
    if train + validation > len(pool):
        raise InputError(f"{data.name} has {len(pool):,} images to train and validate on, not {train + validation:,}")
    rng = np.random.default_rng(seed)
    taken, rest = _take(pool, validation, rng)
    parts = {"train": _take(rest, train, rng)[0], "validation": taken, "test": data.test}
    mean, std = channel_statistics(parts["train"].images)
    return replace(data, **parts, mean=mean, std=std, digest=digest(parts))


def _take(pool: Split, count: int, rng: np.random.Generator) -> tuple[Split, Split]:
    """Return ``count`` images, every class in its proportion, and the rest."""
    if count == len(pool):
        return pool, pool.select(torch.empty(0, dtype=torch.long))
    mask = stratified(pool.labels.numpy(), count, rng)
    return pool.select(torch.from_numpy(np.flatnonzero(mask))), pool.select(torch.from_numpy(np.flatnonzero(~mask)))
