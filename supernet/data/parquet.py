"""Parquet files with a column of encoded images and a column of labels, found by their types.

Read with pyarrow alone: `datasets` first copies every file into a cache on disk, and then no longer
knows which file and row a broken image came from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from pyarrow import types

from search_spaces.errors import InputError
from supernet.data._files import files_by_split
from supernet.data._types import Source, Split
from supernet.data.decode import EncodedImage, common_form, decode

_LABEL_NAMES = ("label", "labels", "class", "target", "fine_label")
_EXPECTED = ".parquet files (train-*.parquet and test-*.parquet, or without such names, to be split)"


class Rows(NamedTuple):
    """The rows of one split: encoded images, and labels as the files have them (all int, or all str)."""

    images: list[EncodedImage]
    labels: list[int | str]


def read_parquet(folder: Path, resolution: int | None) -> Source:
    """Return the images of the parquet files below ``folder``. InputError as `load_data` describes.

    Integer labels have their names from the schema where Hugging Face wrote them there.
    """
    files = files_by_split(folder, ".parquet", _EXPECTED)
    rows = {role: read_rows(paths) for role, paths in files.items()}
    classes = _class_values(files["train"][0], rows["train"])
    side, channels = common_form([image for part in rows.values() for image in part.images])
    parts = {role: to_split(part, classes, resolution or side, channels) for role, part in rows.items()}
    return Source(folder.resolve().name, tuple(classes.values()), flip=True, parts=parts)


def read_rows(paths: list[Path]) -> Rows:
    """Return all rows of ``paths`` in order; InputError with file and row for a missing image or label."""
    rows = Rows([], [])
    for path in paths:
        images, labels = _read_columns(path)
        for row, (image, label) in enumerate(zip(images, labels, strict=True)):
            if image is None or label is None:
                raise InputError(f"{path}, row {row}: no {'image bytes' if image is None else 'label'}")
            rows.images.append(EncodedImage(f"{path}, row {row}", image))
            rows.labels.append(label)
    return rows


def _read_columns(path: Path) -> tuple[list[bytes | None], list[int | str | None]]:
    try:
        with pq.ParquetFile(path) as file:
            image, label = _image_column(path, file.schema_arrow), _label_column(path, file.schema_arrow)
            table = file.read(columns=[image, label])
        flat = table.flatten()  # a struct becomes its fields, null where the struct was
        image = f"{image}.bytes" if types.is_struct(table[image].type) else image
        return flat[image].to_pylist(), table[label].to_pylist()
    except InputError:
        raise
    except Exception as error:  # on damaged bytes pyarrow raises its own errors, OSError, UnicodeDecodeError ...
        raise InputError(f"{path}: not a readable parquet file ({error}); fetch it again") from error


def _image_column(path: Path, schema: pa.Schema) -> str:
    found = [field.name for field in schema if _holds_images(field.type)]
    if len(found) != 1:
        raise InputError(f"{path}: expected one column of image bytes, found {found or 'none'} "
                         f"among {', '.join(schema.names)}")  # fmt: skip
    return found[0]


def _holds_images(kind: pa.DataType) -> bool:
    if types.is_struct(kind):
        return any(field.name == "bytes" and _is_bytes(field.type) for field in kind.fields)
    return _is_bytes(kind)


def _is_bytes(kind: pa.DataType) -> bool:
    return types.is_binary(kind) or types.is_large_binary(kind)


def _label_column(path: Path, schema: pa.Schema) -> str:
    found = [field.name for field in schema if _holds_labels(field.type)]
    named = [name for name in _LABEL_NAMES if name in found]
    if not named and len(found) != 1:
        raise InputError(f"{path}: expected one column of integer or text labels (called label), found "
                         f"{found or 'none'} among {', '.join(schema.names)}")  # fmt: skip
    return (named or found)[0]


def _holds_labels(kind: pa.DataType) -> bool:
    plain = kind.value_type if types.is_dictionary(kind) else kind
    return types.is_integer(plain) or types.is_string(plain) or types.is_large_string(plain)


def _class_values(path: Path, train: Rows) -> dict[Any, str]:
    schema = pq.read_schema(path)
    names = _hugging_face_names(schema, _label_column(path, schema))
    if names:
        return dict(enumerate(names))
    values: set[Any] = set(train.labels)
    if len({type(value) for value in values}) > 1:
        raise InputError(f"{path.parent}: the label column is text in one file and integer in another")
    return {label: str(label) for label in sorted(values)}


def _hugging_face_names(schema: pa.Schema, label: str) -> list[str]:
    try:
        written = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        return [str(name) for name in written["info"]["features"][label]["names"]]
    except (ValueError, KeyError, TypeError):  # other software's notes: absent or of another form
        return []


def to_split(rows: Rows, classes: Mapping[Any, str], resolution: int, channels: int) -> Split:
    """Decode the images of ``rows``; ``classes`` has the label values in class order.

    Raises InputError with file and row for an unknown label or a corrupt image.
    """
    index = {value: position for position, value in enumerate(classes)}
    for image, label in zip(rows.images, rows.labels, strict=True):
        if label not in index:
            known = ", ".join(map(repr, list(classes)[:10]))
            raise InputError(f"{image.where}: label {label!r} is not one of {len(classes)} classes ({known})")
    labels = np.array([index[label] for label in rows.labels], dtype=np.int64)
    return Split(decode(rows.images, resolution, channels), torch.from_numpy(labels))
