"""From the name of a data set to its inputs: the one entry point of the package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from search_spaces.errors import InputError, nearest
from supernet.data._types import ImageData, Source
from supernet.data.cifar10 import read_cifar10
from supernet.data.digits import read_digits, read_digits_sequence
from supernet.data.folders import read_imagefolder
from supernet.data.mnist import read_mnist
from supernet.data.parquet import read_parquet
from supernet.data.sequences import read_sequences
from supernet.data.splits import assemble

_BUILT_IN: dict[str, Callable[[], Source]] = {"digits": read_digits, "digits-sequence": read_digits_sequence}
_IN_DATA_DIR: dict[str, Callable[[Path], Source]] = {"mnist": read_mnist, "cifar10": read_cifar10}
_RESIZED: dict[str, Callable[[Path, int | None], Source]] = {"imagefolder": read_imagefolder, "parquet": read_parquet}
_AS_IT_IS: dict[str, Callable[[Path], Source]] = {"sequences": read_sequences}
_NAMES = (*_BUILT_IN, *_IN_DATA_DIR)
_SPECS = (*_NAMES, *(f"{kind}:DIR" for kind in (*_RESIZED, *_AS_IT_IS)))


def load_data(
    spec: str, data_dir: str | Path | None = None, *, seed: int = 0, resolution: int | None = None
) -> ImageData:
    """Read, check and split a data set; nothing is written and nothing is downloaded.

    ``spec`` is ``digits``, ``digits-sequence``, ``mnist`` or ``cifar10`` (the last two with ``data_dir``),
    ``imagefolder:DIR``, ``parquet:DIR`` or ``sequences:DIR``. ``seed`` draws the splits that the source does not
    have. ``resolution`` (pixels, imagefolder and parquet only) resizes the images; otherwise it is their most common
    shorter side, at most 224.

    Raises InputError for an unknown name, a missing, corrupt or inconsistent file (named, with its row or
    image), fewer than two classes, or a class too small to be split.
    """
    kind, _, folder = spec.partition(":")
    if kind in _RESIZED or kind in _AS_IT_IS:
        source = _read_in_name(kind, folder, data_dir, resolution)
    else:
        source = _read_named(spec, data_dir, resolution)
    return assemble(source, seed)


def _read_in_name(kind: str, folder: str, data_dir: str | Path | None, resolution: int | None) -> Source:
    if not folder:
        raise InputError(f"data {kind!r} needs its folder in the name: {kind}:DIR")
    if data_dir is not None:
        raise InputError(f"data '{kind}:{folder}' names its folder; leave out the data folder {data_dir}")
    path = Path(folder).expanduser()
    if kind in _AS_IT_IS:
        _check_not_resized(kind, resolution)
        return _AS_IT_IS[kind](path)
    if resolution is not None and resolution < 1:
        raise InputError(f"resolution {resolution} is not a size in pixels; give a positive number")
    return _RESIZED[kind](path, resolution)


def _read_named(name: str, data_dir: str | Path | None, resolution: int | None) -> Source:
    if name not in _NAMES:
        raise InputError(f"unknown data {name!r}{nearest(name, _SPECS)}; known: {', '.join(_SPECS)}")
    _check_not_resized(name, resolution)
    if name in _BUILT_IN:
        if data_dir is not None:
            raise InputError(f"data {name!r} comes with scikit-learn; leave out the data folder {data_dir}")
        return _BUILT_IN[name]()
    if data_dir is None:
        raise InputError(f"data {name!r} needs the folder of its files (--data-dir DIR)")
    return _IN_DATA_DIR[name](Path(data_dir).expanduser())


def _check_not_resized(name: str, resolution: int | None) -> None:
    if resolution is not None:
        resized = " and ".join(f"{kind}:" for kind in _RESIZED)
        raise InputError(f"data {name!r} has one resolution; only {resized} are resized")
