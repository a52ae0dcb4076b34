"""The 1,797 handwritten digits that scikit-learn carries: data that needs no file and no network."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from supernet.data._types import Source, Split

_CLASSES = tuple("0123456789")
_SCALE = 4  # 8 pixels are shown as 32, so that stages and large kernels have room


def read_digits() -> Source:
    """Return the digits, one channel, enlarged from 8x8 to 32x32; they come without a test set."""
    small, labels = _load()
    split = Split(_enlarged((small * (255 / 16)).round(), _SCALE, _SCALE).round().to(torch.uint8), labels)
    return Source("digits", _CLASSES, flip=False, parts={"train": split})


def read_digits_sequence() -> Source:
    """Return the digits scanned from left to right: a channel for each of 8 rows, 8 columns as 32 positions."""
    small, labels = _load()
    split = Split(_enlarged(small / 16, 1, _SCALE).transpose(1, 2).contiguous(), labels)
    return Source("digits-sequence", _CLASSES, flip=False, parts={"train": split}, layout="sequence")


def _load() -> tuple[Tensor, Tensor]:
    """Return the digits as drawn, 0..16 in float32 [N, 1, 8, 8], and their labels, int64 [N]."""
    from sklearn.datasets import load_digits  # slow to import, and only these data sets need it

    pixels, labels = load_digits(return_X_y=True)
    return torch.from_numpy(pixels.reshape(-1, 1, 8, 8).astype(np.float32)), torch.from_numpy(labels.astype(np.int64))


def _enlarged(images: Tensor, down: int, right: int) -> Tensor:
    """Return images [N, C, H, W] enlarged; bilinear weights are multiples of 1/64, exact on any machine."""
    return functional.interpolate(images, scale_factor=(down, right), mode="bilinear", align_corners=False)
