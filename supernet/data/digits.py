"""The 1,797 handwritten digits that scikit-learn carries: a data set that needs no file and no network."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from supernet.data._types import Source, Split

_SCALE = 4  # 8 pixels are shown as 32, so that stages and large kernels have room


def read_digits() -> Source:
    """Return the digits, one channel, enlarged from 8x8 to 32x32; they come without a test set."""
    from sklearn.datasets import load_digits  # slow to import, and only this data set needs it

    pixels, labels = load_digits(return_X_y=True)
    small = torch.from_numpy(np.round(pixels * (255 / 16)).reshape(-1, 1, 8, 8).astype(np.float32))
    # Bilinear weights at this scale are multiples of 1/64: exact in float32, the same pixels on any machine.
    large = functional.interpolate(small, scale_factor=_SCALE, mode="bilinear", align_corners=False)
    split = Split(large.round().to(torch.uint8), torch.from_numpy(labels.astype(np.int64)))
    return Source("digits", tuple("0123456789"), flip=False, parts={"train": split})
