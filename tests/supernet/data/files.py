"""Small data sets written by the tests: encoded images, class folders, parquet, idx and CIFAR batches."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

_SHARED = Path(os.environ.get("NAS_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))


def shared(name: str) -> Path:
    """Return a folder of the real data; the test is skipped where it is absent."""
    path = _SHARED / name
    if not path.is_dir():
        pytest.skip(f"real data {path} is absent (NAS_SHARED_DATA names its folder)")
    return path


def pixels(seed: int, height: int = 12, width: int = 12, channels: int = 3) -> np.ndarray:
    """Return random uint8 pixels [height, width, channels]."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def png(values: np.ndarray) -> bytes:
    """Return uint8 pixels [H, W, 1 or 3] as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(values.squeeze(2) if values.shape[2] == 1 else values).save(buffer, "png")
    return buffer.getvalue()


def write_classes(root: Path, counts: dict[str, int], **form: int) -> None:
    """Write a folder of random PNG images for each class."""
    seed = 0
    for name, count in counts.items():
        (root / name).mkdir(parents=True)
        for number in range(count):
            seed += 1
            (root / name / f"{number}.png").write_bytes(png(pixels(seed, **form)))


def write_parquet(path: Path, images: list[bytes | None], labels: pa.Array, names: tuple[str, str]) -> None:
    """Write a parquet file in Hugging Face's form: a struct of bytes and path, and a label column."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    rows = pa.array([{"bytes": image, "path": "x.png"} for image in images], type=kind)
    pq.write_table(pa.table({names[0]: rows, names[1]: labels}), path)


def write_idx(path: Path, values: np.ndarray, magic: int | None = None) -> None:
    """Write a uint8 array as a plain idx file."""
    number = 0x0800 + values.ndim if magic is None else magic
    path.write_bytes(struct.pack(f">{1 + values.ndim}I", number, *values.shape) + values.tobytes())


def python2_batch(data: np.ndarray, labels: list[int]) -> bytes:
    """Return a batch as the original files have it: protocol 2 of Python 2, byte strings, memo entries."""

    def text(value: bytes) -> bytes:
        return b"U" + bytes([len(value)]) + value

    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85" + text(b"b") + b"\x87Rq\x09"
        b"(K\x01J" + struct.pack("<i", data.shape[0]) + b"M" + struct.pack("<H", data.shape[1]) + b"\x86"
        b"cnumpy\ndtype\nq\x0a" + text(b"u1") + b"K\x00K\x01\x87Rq\x0b(K\x03" + text(b"|") + b"NNN"
        b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T" + struct.pack("<i", data.size) + data.tobytes() + b"tb"
    )
    names = b"]q\x0d(" + b"".join(text(f"{i}_s_{i}.png".encode()) for i in range(len(labels))) + b"e"
    numbers = b"]q\x05(" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return (
        b"\x80\x02}q\x01(" + text(b"batch_label") + b"q\x02" + text(b"training batch 1 of 5") + b"q\x03"
        + text(b"labels") + b"q\x04" + numbers + text(b"data") + b"q\x06" + array
        + text(b"filenames") + b"q\x0c" + names + b"u."
    )  # fmt: skip
