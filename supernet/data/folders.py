"""A folder with one folder of images for each class, whole or divided into train/ and test/ (or val/).

Read with Pillow alone: `datasets` would first write a copy of the images to a cache on disk, and its
errors do not name the image that broke.
"""

from __future__ import annotations

from pathlib import Path

import torch

from search_spaces.errors import InputError, nearest
from supernet.data._files import ROLES, existing_folder, files_below, subfolders
from supernet.data._types import Source, Split
from supernet.data.decode import EncodedImage, common_form, decode

_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
_EXPECTED = "one folder of images for each class, or train/ and test/ (or val/) that hold such folders"


def read_imagefolder(folder: Path, resolution: int | None) -> Source:
    """Return the images below ``folder``; a class is a folder's name. InputError as `load_data` describes."""
    roots = _roots(existing_folder(folder, _EXPECTED))
    classes = tuple(path.name for path in subfolders(roots["train"]))
    if not classes:
        raise InputError(f"{roots['train']} has no class folders; expected {_EXPECTED}")
    listed = {role: _list(root, classes) for role, root in roots.items()}
    side, channels = common_form([image for images, _ in listed.values() for image in images])
    parts = {
        role: Split(decode(images, resolution or side, channels), torch.tensor(labels, dtype=torch.int64))
        for role, (images, labels) in listed.items()
    }
    return Source(folder.resolve().name, classes, flip=True, parts=parts)


def _roots(folder: Path) -> dict[str, Path]:
    found = {path.name: path for path in subfolders(folder)}
    roots = {ROLES[name]: path for name, path in found.items() if name in ROLES}
    # A folder called train beside others may be a class (a vehicle): it is a split only with test/ or val/.
    divided = "train" in roots and (len(roots) > 1 or len(found) == 1)
    return roots if divided else {"train": folder}


def _list(root: Path, classes: tuple[str, ...]) -> tuple[list[EncodedImage], list[int]]:
    images: list[EncodedImage] = []
    labels: list[int] = []
    for folder in subfolders(root):
        if folder.name not in classes:
            raise InputError(f"{folder}: no such class in train{nearest(folder.name, classes)}")
        paths = files_below(folder, _SUFFIXES)
        if not paths:
            raise InputError(f"{folder}: no images in this class ({', '.join(sorted(_SUFFIXES))})")
        images += [EncodedImage(str(path), path) for path in paths]
        labels += [classes.index(folder.name)] * len(paths)
    return images, labels
