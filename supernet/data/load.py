"""From the name of a data set to its images: the one entry point of the package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from search_spaces.errors import InputError, nearest
from supernet.data._types import ImageData, Source
from supernet.data.cifar10 import read_cifar10
from supernet.data.digits import read_digits
from supernet.data.folders import read_imagefolder
from supernet.data.mnist import read_mnist
from supernet.data.parquet import read_parquet
from supernet.data.splits import assemble

_KNOWN_SIZE: dict[str, Callable[[Path], Source]] = {"mnist": read_mnist, "cifar10": read_cifar10}
_ANY_SIZE: dict[str, Callable[[Path, int | None], Source]] = {
    "imagefolder": read_imagefolder,
    "parquet": read_parquet,
}
_SPECS = ("digits", *_KNOWN_SIZE, *(f"{kind}:DIR" for kind in _ANY_SIZE))


def load_data(
    spec: str, data_dir: str | Path | None = None, *, seed: int = 0, resolution: int | None = None
) -> ImageData:
    """Read, check and split a data set; nothing is written and nothing is downloaded.

    ``spec`` is ``digits``, ``mnist`` or ``cifar10`` (the last two with ``data_dir``), ``imagefolder:DIR`` or
    ``parquet:DIR``. ``seed`` draws the splits that the source does not have. ``resolution`` (pixels, the last
    two only) resizes the images; otherwise it is their most common shorter side, at most 224.

    Raises InputError for an unknown name, a missing, corrupt or inconsistent file (named, with its row or
    image), fewer than two classes, or a class too small to be split.
    """
    kind, _, folder = spec.partition(":")
    if kind in _ANY_SIZE:
        source = _read_any_size(kind, folder, data_dir, resolution)
    else:
        source = _read_known_size(spec, data_dir, resolution)
    return assemble(source, seed)


def _read_any_size(kind: str, folder: str, data_dir: str | Path | None, resolution: int | None) -> Source:
    if not folder:
        raise InputError(f"data {kind!r} needs its folder in the name: {kind}:DIR")
    if data_dir is not None:
        raise InputError(f"data '{kind}:{folder}' names its folder; leave out the data folder {data_dir}")
    if resolution is not None and resolution < 1:
        raise InputError(f"resolution {resolution} is not a size in pixels; give a positive number")
    return _ANY_SIZE[kind](Path(folder).expanduser(), resolution)


def _read_known_size(name: str, data_dir: str | Path | None, resolution: int | None) -> Source:
    if name not in ("digits", *_KNOWN_SIZE):
        raise InputError(f"unknown data {name!r}{nearest(name, _SPECS)}; known: {', '.join(_SPECS)}")
    if resolution is not None:
        raise InputError(f"data {name!r} has one resolution; only imagefolder: and parquet: are resized")
    if name == "digits":
        if data_dir is not None:
            raise InputError(f"data 'digits' comes with scikit-learn; leave out the data folder {data_dir}")
        return read_digits()
    if data_dir is None:
        raise InputError(f"data {name!r} needs the folder of its files (--data-dir DIR)")
    return _KNOWN_SIZE[name](Path(data_dir).expanduser())
