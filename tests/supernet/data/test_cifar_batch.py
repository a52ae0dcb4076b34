"""Batches of CIFAR-10 are read without running what a pickle asks for."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from search_spaces.errors import InputError
from supernet.data import load_data
from supernet.data.cifar_batch import parse_batch
from tests.supernet.data.files import python2_batch

DATA = np.random.default_rng(0).integers(0, 256, (20, 3072), dtype=np.uint8)
LABELS = [row % 10 for row in range(20)]


def _python3_batch(**changed: object) -> bytes:
    batch = {"batch_label": "x", "labels": LABELS, "data": DATA, "filenames": ["a.png"] * 20} | changed
    return pickle.dumps({key.encode(): value for key, value in batch.items()}, protocol=2)


class _Malicious:
    """A pickle that would create a file when it is loaded."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("content", [python2_batch(DATA, LABELS), _python3_batch()], ids=["python2", "python3"])
def test_a_batch_is_read_as_unpickling_would_read_it(content: bytes) -> None:
    oracle = pickle.loads(content, encoding="bytes")
    pixels, labels = parse_batch(content, "batch")
    assert np.array_equal(pixels, oracle[b"data"])
    assert labels.tolist() == oracle[b"labels"] == LABELS


def test_a_malicious_batch_is_refused_and_not_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    content = _python3_batch(batch_label=_Malicious(marker))
    with pytest.raises(InputError, match=r"data_batch_3: .*\.system, which is refused"):
        parse_batch(content, "data_batch_3")
    assert not marker.exists()
    pickle.loads(content)
    assert marker.exists(), "the pickle was not malicious, so its refusal shows nothing"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (python2_batch(DATA, LABELS)[:-5000], "truncated|remain|exhausted|expected"),
        (b"", "exhausted"),
        (b"hello, this is no batch", "not a CIFAR-10 batch"),
        (_python3_batch(labels=LABELS[:-1]), "19 labels for 20 images"),
        (_python3_batch(labels=[*LABELS[:-1], 10]), "label 10 of image 19"),
        (_python3_batch(data=DATA[:, :3000]), r"shape \(20, 3000\)"),
        (_python3_batch(data=DATA.astype(np.float32)), "not an array of bytes"),
        (_python3_batch(data=[1, 2]), "not a CIFAR-10 batch"),
        (pickle.dumps({b"data": DATA}, protocol=2), "it has no 'labels'"),
        (pickle.dumps({b"data": DATA}, protocol=5), "operation .* has no place"),
        (b"\x80\x02cnumpy\nndarray\n)R.", "calls numpy.ndarray, which is refused"),
        (b"\x80\x02\x85.", "lacks its operands"),
        (b"\x80\x02h\x09.", "not a CIFAR-10 batch"),
    ],
)
def test_what_is_no_batch_is_refused_by_name(content: bytes, problem: str) -> None:
    with pytest.raises(InputError, match=rf"(?s)^data_batch_3: .*({problem})"):
        parse_batch(content, "data_batch_3")


def test_every_cut_of_a_batch_is_refused() -> None:
    content = python2_batch(DATA[:2], LABELS[:2])
    for length in range(0, len(content), 37):
        with pytest.raises(InputError, match="batch"):
            parse_batch(content[:length], "batch")


@pytest.mark.parametrize("inside", [".", "cifar-10-batches-py"])
def test_the_original_folder_is_loaded(tmp_path: Path, inside: str) -> None:
    folder = tmp_path / inside
    folder.mkdir(exist_ok=True)
    for name in [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]:
        (folder / name).write_bytes(python2_batch(DATA, LABELS))
    data = load_data("cifar10", tmp_path)
    assert (len(data.train), len(data.validation), len(data.test)) == (90, 10, 20)
    assert np.array_equal(data.test.images.numpy(), DATA.reshape(20, 3, 32, 32))
    assert data.classes[9] == "truck" and data.flip
    (folder / "data_batch_4").unlink()
    with pytest.raises(InputError, match="data_batch_4: No such file"):
        load_data("cifar10", tmp_path)
