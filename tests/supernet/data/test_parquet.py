"""Parquet files: columns found by their types, classes by their values or names, faults by file and row."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from search_spaces.errors import InputError
from supernet.data import load_data
from tests.supernet.data.files import pixels, png, shared, write_parquet

IMAGES: list[bytes | None] = [png(pixels(seed)) for seed in range(20)]
LABELS = pa.array([row % 2 for row in range(20)])


def _write(path: Path, images: list[bytes | None] = IMAGES, labels: pa.Array = LABELS) -> None:
    write_parquet(path, images, labels, ("picture", "label"))


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (LABELS, ("0", "1")),
        (pa.array([3 + 4 * (row % 2) for row in range(20)], pa.int8()), ("3", "7")),
        (pa.array(["dog", "cat"] * 10), ("cat", "dog")),
        (pa.array(["dog", "cat"] * 10).dictionary_encode(), ("cat", "dog")),
    ],
)
def test_classes_are_the_label_values(tmp_path: Path, labels: pa.Array, classes: tuple[str, ...]) -> None:
    _write(tmp_path / "pets" / "part.parquet", labels=labels)
    data = load_data(f"parquet:{tmp_path / 'pets'}")
    assert (data.name, data.classes, data.resolution) == ("pets", classes, 12)
    values = labels.to_pylist()
    found = {
        (image.permute(1, 2, 0).numpy().tobytes(), data.classes[label])
        for part in (data.train, data.validation, data.test)
        for image, label in zip(part.images, part.labels, strict=True)
    }
    assert found == {(pixels(seed).tobytes(), str(values[seed])) for seed in range(20)}


def test_class_names_come_from_the_hugging_face_schema(tmp_path: Path) -> None:
    info = {"info": {"features": {"label": {"names": ["zebra", "ant"], "_type": "ClassLabel"}}}}
    table = pa.table({"image": pa.array(IMAGES, pa.binary()), "label": LABELS, "id": pa.array(range(20))})
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(info)}), tmp_path / "a.parquet")
    assert load_data(f"parquet:{tmp_path}").classes == ("zebra", "ant")


def test_splits_come_from_names_and_shards_are_joined(tmp_path: Path) -> None:
    _write(tmp_path / "data" / "train-00000-of-00002.parquet")
    _write(tmp_path / "data" / "train-00001-of-00002.parquet")
    _write(tmp_path / "data" / "test-00000-of-00001.parquet", IMAGES[:4], LABELS[:4])
    data = load_data(f"parquet:{tmp_path}", resolution=6)
    assert [len(part) for part in (data.train, data.validation, data.test)] == [36, 4, 4]
    assert data.test.labels.tolist() == [0, 1, 0, 1] and data.resolution == 6
    _write(tmp_path / "data" / "validation.parquet", IMAGES[:6], LABELS[:6])
    data = load_data(f"parquet:{tmp_path}")
    assert [len(part) for part in (data.train, data.validation, data.test)] == [40, 6, 4]


def _replaced(row: int, image: bytes | None) -> list[bytes | None]:
    return [*IMAGES[:row], image, *IMAGES[row + 1 :]]


@pytest.mark.parametrize(
    ("images", "labels", "problem"),
    [
        (_replaced(7, b"broken"), LABELS, r"train\.parquet, row 7: not a readable image"),
        (_replaced(9, (IMAGES[9] or b"")[:150]), LABELS, r"train\.parquet, row 9: not a readable image"),
        (_replaced(8, None), LABELS, r"train\.parquet, row 8: no image bytes"),
        (IMAGES, pa.array([0, 1, 2, None] * 5), r"train\.parquet, row 3: no label"),
        (IMAGES, pa.array([0] * 20), "1 class, at least 2"),
        (IMAGES, pa.array([0] * 19 + [1]), "class '1' has 1 training images, at least 3"),
        (IMAGES, pa.array([0.5] * 20), r"train\.parquet: expected one column of integer or text labels"),
    ],
)
def test_faults_are_named_by_file_and_row(
    tmp_path: Path, images: list[bytes | None], labels: pa.Array, problem: str
) -> None:
    _write(tmp_path / "train.parquet", images, labels)
    with pytest.raises(InputError, match=problem):
        load_data(f"parquet:{tmp_path}")


def test_an_unknown_label_in_the_test_file_is_named(tmp_path: Path) -> None:
    _write(tmp_path / "train.parquet")
    _write(tmp_path / "test.parquet", IMAGES[:3], pa.array([0, 1, -1]))
    with pytest.raises(InputError, match=r"test\.parquet, row 2: label -1 is not one of 2 classes"):
        load_data(f"parquet:{tmp_path}")


@pytest.mark.parametrize("keep", [0, 3, 500, -30])
def test_a_truncated_file_is_named(tmp_path: Path, keep: int) -> None:
    _write(tmp_path / "train.parquet")
    content = (tmp_path / "train.parquet").read_bytes()
    (tmp_path / "train.parquet").write_bytes(content[:keep])
    with pytest.raises(InputError, match=r"train\.parquet: not a readable parquet file"):
        load_data(f"parquet:{tmp_path}")


def test_files_without_one_image_column_or_a_split_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no data found; expected .parquet files"):
        load_data(f"parquet:{tmp_path}")
    _write(tmp_path / "test.parquet")
    with pytest.raises(InputError, match=r"no training files; found test\.parquet"):
        load_data(f"parquet:{tmp_path}")
    _write(tmp_path / "train.parquet")
    _write(tmp_path / "more.parquet")
    with pytest.raises(InputError, match=r"more\.parquet: cannot tell its split"):
        load_data(f"parquet:{tmp_path}")
    (tmp_path / "more.parquet").unlink()
    pq.write_table(pa.table({"label": LABELS}), tmp_path / "train.parquet")
    with pytest.raises(InputError, match="expected one column of image bytes, found none among label"):
        load_data(f"parquet:{tmp_path}")


def _copy_rows(source: Path, target: Path, count: int) -> None:
    pq.write_table(pq.ParquetFile(source).read_row_group(0).slice(0, count), target)


def test_the_real_cifar10_is_read(tmp_path: Path) -> None:
    folder = shared("cifar10")
    for role, count in (("train", 400), ("test", 100)):
        name = f"{role}-00000-of-00001.parquet"
        _copy_rows(folder / name, tmp_path / name, count)
    data = load_data("cifar10", tmp_path)
    assert [len(part) for part in (data.train, data.validation, data.test)] == [360, 40, 100]
    assert np.bincount(data.validation.labels).tolist() == [4] * 10
    assert (data.classes[0], data.classes[9], data.flip) == ("airplane", "truck", True)
    assert data.train.images.shape == (360, 3, 32, 32)
    generic = load_data(f"parquet:{tmp_path}")
    assert generic.digest == data.digest and generic.classes == tuple("0123456789")
    (tmp_path / "test-00000-of-00001.parquet").unlink()
    with pytest.raises(InputError, match="cifar-10-batches-py/ .* found parquet files for train only"):
        load_data("cifar10", tmp_path)


def test_cifar10_of_another_size_is_refused(tmp_path: Path) -> None:
    _write(tmp_path / "train.parquet")
    _write(tmp_path / "test.parquet")
    with pytest.raises(InputError, match="12 pixels and 3 channels, but CIFAR-10 has 32 and 3"):
        load_data("cifar10", tmp_path)
