"""The neighbours of every position of a map, for kernels that differ from position to position."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F


def neighbours(x: Tensor, kernel: int) -> Tensor:
    """Return [N, H, W, C, kernel^2]: the window of each position of x [N, C, H, W], row by row; zeros outside."""
    half, (height, width) = kernel // 2, x.shape[2:]
    padded = F.pad(x.permute(0, 2, 3, 1), (0, 0, half, half, half, half))
    shifted = [padded[:, i : i + height, j : j + width] for i in range(kernel) for j in range(kernel)]
    return torch.stack(shifted, dim=-1)


def inside(sides: Sequence[int], kernel: int) -> np.ndarray:
    """Return booleans [H * W, kernel^2]: which neighbours of each position are positions of the map."""
    rows, columns = (np.arange(side)[:, None] + np.arange(kernel) - kernel // 2 for side in sides)
    rows, columns = ((a >= 0) & (a < side) for a, side in zip((rows, columns), sides, strict=True))
    return (rows[:, None, :, None] & columns[None, :, None, :]).reshape(-1, kernel * kernel)
