"""What decides the time of one convolution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from predictors.regressors import Encoded, standardised

Floats = NDArray[np.float64]


def encode(columns: Floats, depthwise: NDArray[np.bool_], kinds: list[NDArray[np.str_]]) -> tuple[Encoded, Floats]:
    """Return convolutions in logarithms of sizes, work, bytes and the fill of tiles, and their MACs [N].

    ``columns`` [N,6] are batch, inputs, outputs, side, kernel and stride; ``kinds`` are names that divide the rows,
    such as precision and device.
    """
    batch, inputs, outputs, side, kernel, stride = columns.T
    after = np.ceil(side / stride)
    reads, positions = np.where(depthwise, 1.0, inputs), batch * after**2
    macs = positions * outputs * reads * kernel**2
    read, written, weights = batch * inputs * side**2, positions * outputs, outputs * reads * kernel**2
    sizes = [batch, inputs, outputs, side, kernel, after]
    work = [macs, read, written, weights, macs / (read + written + weights), positions]
    tiles = [_fill(outputs, n) for n in (8, 32, 64, 128)] + [_fill(reads, n) for n in (4, 8, 32)]
    tiles += [_fill(positions, 128), np.ceil(positions / 128) * np.ceil(outputs / 128)]
    genes, choices = [], []
    for values in (*kinds, kernel.astype(int).astype(str), stride.astype(int).astype(str), depthwise.astype(str)):
        known, index = np.unique(values, return_inverse=True)
        genes.append(index)
        choices.append(len(known))
    numbers = {
        "sizes": standardised(np.log(np.array(sizes)).T),
        "work": standardised(np.log(np.array(work)).T),
        "tiles": standardised(np.log(np.array(tiles)).T),
    }
    return Encoded(np.array(genes).T, tuple(choices), numbers), macs


def _fill(size: Floats, tile: int) -> Floats:
    """Return which share of whole tiles a size fills."""
    return size / (np.ceil(size / tile) * tile)
