"""The name of a data set: what is known, what it needs, and that nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from search_spaces.errors import InputError
from supernet.data import load_data
from tests.supernet.data.files import write_classes


@pytest.mark.parametrize(
    ("spec", "data_dir", "problem"),
    [
        (
            "digit",
            None,
            r"unknown data 'digit' \(did you mean 'digits'\?\); known: digits, digits-sequence, mnist,",
        ),
        ("imagefoldr:/x", None, "unknown data 'imagefoldr:/x'"),
        ("", None, "unknown data ''"),
        ("cifar10", None, "'cifar10' needs the folder of its files"),
        ("digits", "/x", "comes with scikit-learn"),
        ("imagefolder", None, "imagefolder:DIR"),
        ("parquet:", None, "parquet:DIR"),
        ("sequences", None, "sequences:DIR"),
        ("digits-sequence", "/x", "comes with scikit-learn"),
        ("parquet:/x", "/y", "leave out the data folder /y"),
        ("mnist", "/no/such", "/no/such: No such file or directory; expected train-images-idx3-ubyte"),
        ("cifar10", "/no/such", "/no/such: No such file or directory; expected cifar-10-batches-py/"),
        ("parquet:/no/such", None, "/no/such: No such file .* expected .parquet files"),
        ("sequences:/no/such", None, "/no/such: No such file .* expected train.npz"),
        ("imagefolder:/no/such", None, "/no/such: No such file .* expected one folder of images"),
        (f"imagefolder:{__file__}", None, "Not a directory"),
    ],
)
def test_a_wrong_name_or_folder_is_refused(spec: str, data_dir: str | None, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        load_data(spec, data_dir)


def test_a_resolution_is_refused_where_it_means_nothing() -> None:
    with pytest.raises(InputError, match="'digits' has one resolution"):
        load_data("digits", resolution=64)
    with pytest.raises(InputError, match="'sequences' has one resolution; only imagefolder: and parquet:"):
        load_data("sequences:/x", resolution=64)
    with pytest.raises(InputError, match="resolution 0 is not a size"):
        load_data("parquet:/x", resolution=0)


def test_the_users_folder_is_left_as_it_was(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 4, "b": 4})
    before = sorted(tmp_path.rglob("*"))
    load_data(f"imagefolder:{tmp_path}")
    assert sorted(tmp_path.rglob("*")) == before
