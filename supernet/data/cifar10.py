"""CIFAR-10, from parquet files or from the original folder of batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from search_spaces.errors import InputError
from supernet.data._files import existing_folder, files_by_split, read_bytes
from supernet.data._types import Source, Split
from supernet.data.cifar_batch import parse_batch
from supernet.data.decode import common_form
from supernet.data.parquet import read_rows, to_split

_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_BATCHES = {"train": [f"data_batch_{number}" for number in range(1, 6)], "test": ["test_batch"]}
_EXPECTED = "cifar-10-batches-py/ (data_batch_1 .. 5, test_batch) or train-*.parquet and test-*.parquet"


def read_cifar10(folder: Path) -> Source:
    """Return CIFAR-10 with its test set. InputError for a missing, corrupt or inconsistent file."""
    existing_folder(folder, _EXPECTED)
    for batches in (folder, folder / "cifar-10-batches-py"):
        if (batches / "data_batch_1").exists() or (batches / "test_batch").exists():
            return _source({role: _read_batches(batches, names) for role, names in _BATCHES.items()})
    return _read_parquet(folder)


def _source(parts: dict[str, Split]) -> Source:
    return Source("cifar10", _CLASSES, flip=True, parts=parts)


def _read_batches(folder: Path, names: list[str]) -> Split:
    batches = [parse_batch(read_bytes(folder / name), str(folder / name)) for name in names]
    images = np.concatenate([data for data, _ in batches]).reshape(-1, 3, 32, 32)
    labels = np.concatenate([labels for _, labels in batches])
    return Split(torch.from_numpy(images), torch.from_numpy(labels))


def _read_parquet(folder: Path) -> Source:
    files = files_by_split(folder, ".parquet", _EXPECTED)
    if set(files) != {"train", "test"}:
        raise InputError(f"{folder}: expected {_EXPECTED}; found parquet files for {', '.join(files)} only")
    rows = {role: read_rows(paths) for role, paths in files.items()}
    form = common_form([image for part in rows.values() for image in part.images])
    if form != (32, 3):
        raise InputError(f"{folder}: {form[0]} pixels and {form[1]} channels, but CIFAR-10 has 32 and 3")
    classes = dict(enumerate(_CLASSES))
    return _source({role: to_split(part, classes, *form) for role, part in rows.items()})
