"""What decides the time of one convolution on a GPU."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from predictors.regressors import Encoded, standardised

Floats = NDArray[np.float64]
_TILES = ((128, 128), (128, 64), (64, 64), (256, 64))  # positions and channels that one processor works on at a time
_ALIGNED = {4: 4, 2: 8, 1: 32}  # channels that are read at once, by bytes of an element


def encode(
    columns: Floats, depthwise: NDArray[np.bool_], kinds: Sequence[NDArray[np.str_]], device: Floats
) -> tuple[Encoded, Floats]:
    """Return convolutions in logarithms of sizes, work, bytes, tiles and a roofline, and their MACs [N].

    ``columns`` [N,6] are batch, inputs, outputs, side, kernel and stride; ``kinds`` are names that divide the rows,
    such as precision and device; ``device`` [N,4] are bytes of an element, processors, 1e12 MACs a second and 1e9
    bytes a second by the data sheet.
    """
    batch, inputs, outputs, side, kernel, stride = columns.T
    width, processors, speed, bandwidth = device.T
    after = np.ceil(side / stride)
    reads, positions = np.where(depthwise, 1.0, inputs), batch * after**2
    macs = positions * outputs * reads * kernel**2
    read, written = width * batch * inputs * side**2, width * positions * outputs
    weights = width * outputs * reads * kernel**2
    aligned = np.vectorize(_ALIGNED.__getitem__)(width.astype(int))
    padded = positions * kernel**2 * _whole(outputs, aligned) * np.where(depthwise, 1.0, _whole(inputs, aligned))
    compute, memory = padded / speed / 1e12, (read + written + weights) / bandwidth / 1e9
    sizes = [batch, inputs, outputs, side, kernel, after]
    work = [macs, padded, read, written, weights, macs / (read + written + weights), positions]
    roofline = [compute, memory, compute + memory]
    tiles = [outputs / _whole(outputs, n) for n in (8, 32, 64, 128)] + [reads / _whole(reads, n) for n in (4, 8, 32)]
    tiles += [np.ceil(np.ceil(positions / m) * np.ceil(outputs / n) / processors) for m, n in _TILES]
    tiles += [batch * np.ceil(after / n) ** 2 for n in (2, 4)]  # of Winograd's algorithm
    genes, choices = [], []
    for values in (*kinds, kernel.astype(int).astype(str), stride.astype(int).astype(str), depthwise.astype(str)):
        known, index = np.unique(values, return_inverse=True)
        genes.append(index)
        choices.append(len(known))
    groups = {"sizes": sizes, "work": work, "roofline": roofline, "tiles": tiles}
    numbers = {name: standardised(np.log(np.array(group)).T) for name, group in groups.items()}
    return Encoded(np.array(genes).T, tuple(choices), numbers), macs


def _whole(size: Floats, tile: int | NDArray[np.int64]) -> Floats:
    """Return a size in whole tiles."""
    return np.asarray(np.ceil(size / tile) * tile, dtype=np.float64)
