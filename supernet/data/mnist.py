"""MNIST (and what shares its form) from its original idx files, plain or gzipped."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
import torch

from search_spaces.errors import InputError
from supernet.data._files import existing_folder, read_bytes
from supernet.data._types import Source, Split

_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
_EXPECTED = "train-images-idx3-ubyte, train-labels-idx1-ubyte and the two t10k- files, plain or .gz"


def read_mnist(folder: Path) -> Source:
    """Return MNIST with its test set. InputError for a missing, corrupt or inconsistent file."""
    existing_folder(folder, _EXPECTED)
    parts = {role: _read_part(folder, *names) for role, names in _FILES.items()}
    if parts["train"].images.shape[1:] != parts["test"].images.shape[1:]:
        raise InputError(f"{folder}: training and test images differ in size")
    return Source("mnist", tuple("0123456789"), flip=False, parts=parts)


def _read_part(folder: Path, images_name: str, labels_name: str) -> Split:
    images_path, labels_path = _find(folder, images_name), _find(folder, labels_name)
    images, labels = read_idx(images_path, 3), read_idx(labels_path, 1)
    if len(images) != len(labels):
        raise InputError(f"{images_path} has {len(images)} images, {labels_path} has {len(labels)} labels")
    if images.size == 0 or images.shape[1] != images.shape[2]:
        raise InputError(f"{images_path}: expected square images, found an array of shape {images.shape}")
    if labels.max() > 9:
        row = int(np.argmax(labels > 9))
        raise InputError(f"{labels_path}: label {labels[row]} of image {row} is not a digit 0..9")
    return Split(torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels.astype(np.int64)))


def _find(folder: Path, name: str) -> Path:
    # Some mirrors write a dot in place of the second dash: train-images.idx3-ubyte.
    stems = (name, name.replace("-idx", ".idx"))
    candidates = [folder / (stem + end) for stem in stems for end in ("", ".gz")]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        raise InputError(f"{folder}: file {name} (or {name}.gz) is missing; expected {_EXPECTED}")
    return found


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Return the uint8 array, of ``dimensions`` axes, in an idx file.

    Raises InputError for a damaged gzip stream, another magic number, and too few or too many bytes.
    """
    content = _decompress(path)
    header = 4 + 4 * dimensions
    magic = 0x0800 + dimensions  # 0x08: unsigned bytes
    if len(content) < header:
        raise InputError(f"{path}: {len(content)} bytes are too few for an idx header; is it truncated?")
    found, *shape = struct.unpack(f">{1 + dimensions}I", content[:header])
    if found != magic:
        raise InputError(f"{path}: magic number {found}, expected {magic} (idx, {dimensions} axes of bytes)")
    if len(content) - header != math.prod(shape):
        raise InputError(f"{path}: the header promises {math.prod(shape)} bytes of data {tuple(shape)}, "
                         f"the file has {len(content) - header}; is it truncated?")  # fmt: skip
    return np.frombuffer(bytearray(content), dtype=np.uint8, offset=header).reshape(shape)


def _decompress(path: Path) -> bytes:
    content = read_bytes(path)
    if path.suffix != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: not a whole gzip file ({error}); fetch it again") from error
