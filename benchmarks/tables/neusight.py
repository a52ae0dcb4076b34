"""Dense convolutions on five GPUs (NeuSight, Lee et al., ASPLOS 2025)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.tables._convolutions import encode
from benchmarks.tables._table import Table, numbers, texts

_SIZES = ("B", "Input_Channel", "Output_Channel", "Input_Size", "Kernel_Szie", "Stride")  # spelt so in the file


def table(frame: pd.DataFrame) -> Table:
    """Encode the convolution and its device; what the profiler saw of its kernels is not known beforehand."""
    kinds = [texts(frame, "gpu"), texts(frame, "Padding")]
    encoded, macs = encode(numbers(frame, *_SIZES), np.zeros(len(frame), dtype=bool), kinds)
    return Table(frame, encoded, {"macs": macs})
