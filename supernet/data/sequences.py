"""A folder of sequences of one length, as NumPy arrays in .npz files: ``x`` [N, channels, length] and ``y`` [N].

``numpy.savez("train.npz", x=sequences, y=labels)`` writes one. Nothing is unpickled.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from search_spaces.errors import InputError
from supernet.data._files import files_by_split
from supernet.data._types import Source, Split

_EXPECTED = "train.npz with arrays x [N, channels, length] and y [N], and where there are test.npz and validation.npz"
_SHOWN = 10  # class names in a message


def read_sequences(folder: Path) -> Source:
    """Return the sequences of the .npz files below ``folder``. InputError as `load_data` describes.

    Values become float32 as they are. Labels are integers or text; the classes are those of the training files.
    """
    files = files_by_split(folder, ".npz", _EXPECTED)
    read = {path: _read(path) for paths in files.values() for path in paths}
    _check_equal_form({path: x.shape[1:] for path, (x, _) in read.items()})
    values = np.unique(np.concatenate([read[path][1] for path in files["train"]]))
    parts = {}
    for role, paths in files.items():
        labels = np.concatenate([_class_indices(path, read[path][1], values) for path in paths])
        sequences = np.concatenate([read[path][0] for path in paths])[:, :, None, :]
        parts[role] = Split(torch.from_numpy(sequences), torch.from_numpy(labels))
    classes = tuple(map(str, values.tolist()))
    return Source(folder.resolve().name, classes, flip=False, parts=parts, layout="sequence")


def _read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return x, float32 [N, channels, length], and y, integers or text [N], of one file."""
    arrays = _arrays(path)
    missing = [name for name in ("x", "y") if name not in arrays]
    if missing:
        raise InputError(f"{path}: no array {missing[0]!r} among {', '.join(arrays) or 'none'}; expected {_EXPECTED}")
    x, y = arrays["x"], arrays["y"]
    if x.ndim != 3 or x.dtype.kind not in "fiu" or 0 in x.shape[1:]:
        raise InputError(f"{path}: expected x of numbers [N, channels, length], found {x.dtype} {x.shape}")
    if y.ndim != 1 or y.dtype.kind not in "iuU":
        raise InputError(f"{path}: expected y of integers or text [N], found {y.dtype} {y.shape}")
    if len(x) != len(y):
        raise InputError(f"{path}: {len(x)} sequences in x, {len(y)} labels in y")
    with np.errstate(over="ignore"):  # what overflows is reported below
        x = x.astype(np.float32)
    broken = np.flatnonzero(~np.isfinite(x).all((1, 2)))
    if len(broken):
        raise InputError(f"{path}: sequence {broken[0]} has a value that is not a finite float32")
    return x, y


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception as error:  # damaged, pickled or of another kind: errors of zipfile, zlib, numpy, the system ...
        raise InputError(f"{path}: not a readable .npz file of plain arrays ({error})") from error


def _check_equal_form(forms: dict[Path, tuple[int, ...]]) -> None:
    """Raise InputError naming two files whose sequences differ in channels or length."""
    first, *others = forms
    for path in others:
        if forms[path] != forms[first]:
            raise InputError(f"{path}: channels and length {forms[path]}, but {forms[first]} in {first.name}; "
                             "cut or pad the sequences to one form")  # fmt: skip


def _class_indices(path: Path, labels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the position of every label in ``values`` (sorted), int64 [N]."""
    if labels.dtype.kind == "U" != values.dtype.kind or values.dtype.kind == "U" != labels.dtype.kind:
        raise InputError(f"{path}: the labels are text in one file and integers in another")
    unknown = np.flatnonzero(~np.isin(labels, values))
    if len(unknown):
        known = ", ".join(map(repr, values[:_SHOWN].tolist()))
        raise InputError(f"{path}, sequence {unknown[0]}: label {labels[unknown[0]].item()!r} is not one of "
                         f"{len(values)} classes ({known})")  # fmt: skip
    return np.searchsorted(values, labels).astype(np.int64)
