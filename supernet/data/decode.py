"""Encoded images (PNG, JPEG, ...) to one uint8 tensor of square images of one size and channel count."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from search_spaces.errors import InputError

_LARGEST_DEFAULT = 224
_GREY = frozenset({"1", "L", "LA"})
_TASK = 256  # images a task: threads are worth their hand-over, and an error still stops the rest early
_T = TypeVar("_T")


class EncodedImage(NamedTuple):
    """An image not yet decoded: its bytes or its file, and the words that name it in an error."""

    where: str
    source: bytes | Path


def common_form(images: Sequence[EncodedImage]) -> tuple[int, int]:
    """Return (resolution, channels) for a set, from the headers alone.

    Resolution: the most common shorter side (the larger of equals), at most 224. Channels: 1 where every
    image is grey, else 3. Raises InputError naming the first image that cannot be read.
    """
    headers = list(_in_threads(_header, images))
    sides = Counter(side for side, _ in headers)
    side = max(sides, key=lambda side: (sides[side], side))
    return min(side, _LARGEST_DEFAULT), 1 if all(mode in _GREY for _, mode in headers) else 3


def decode(images: Sequence[EncodedImage], resolution: int, channels: int) -> Tensor:
    """Return uint8 [N, channels, resolution, resolution]; another size is resized and cropped.

    The shorter side becomes ``resolution``, the centre of the longer one is kept.
    Raises InputError naming the first image that is corrupt, truncated or not of 8 bits a channel.
    """
    pixels = np.empty((len(images), resolution, resolution, channels), dtype=np.uint8)
    mode = "L" if channels == 1 else "RGB"
    decoded = _in_threads(lambda image: _pixels(image, resolution, mode), images)
    for row, values in enumerate(decoded):
        pixels[row] = values.reshape(resolution, resolution, channels)
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()


def _in_threads(work: Callable[[EncodedImage], _T], images: Sequence[EncodedImage]) -> Iterator[_T]:
    tasks = [images[start : start + _TASK] for start in range(0, len(images), _TASK)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # Pillow lets go of the interpreter while it decodes
        for results in pool.map(lambda task: [work(image) for image in task], tasks):
            yield from results


def _header(encoded: EncodedImage) -> tuple[int, str]:
    with _opened(encoded) as image:
        return min(image.size), image.mode


def _pixels(encoded: EncodedImage, resolution: int, mode: str) -> np.ndarray:
    with _opened(encoded) as image:
        image.load()
        upright = ImageOps.exif_transpose(image)
        if upright.mode == "P" and "transparency" in upright.info:
            upright = upright.convert("RGBA")
        upright = upright.convert(mode)
        if upright.size != (resolution, resolution):
            upright = ImageOps.fit(upright, (resolution, resolution), Image.Resampling.BICUBIC)
        return np.asarray(upright)


@contextmanager
def _opened(encoded: EncodedImage) -> Iterator[Image.Image]:
    source = io.BytesIO(encoded.source) if isinstance(encoded.source, bytes) else encoded.source
    try:
        with Image.open(source) as image:
            if image.mode.startswith(("I", "F")):
                raise InputError(f"{encoded.where}: pixels of mode {image.mode}; convert to 8 bits a channel")
            yield image
    except InputError:
        raise
    except Exception as error:  # decoders raise anything on damaged bytes, from OSError to struct.error
        raise InputError(f"{encoded.where}: not a readable image ({error})") from error
