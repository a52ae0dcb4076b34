"""Dense convolutions on five GPUs (NeuSight, Lee et al., ASPLOS 2025).

The times drift upwards while a GPU is measured (by 15 to 45 % from the first row of a GPU to its last, though the
convolutions come in random order), so the place in its GPU's rows is among what a time depends on.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.tables._convolutions import encode
from benchmarks.tables._table import Table, numbers, texts
from predictors.regressors import standardised

# bytes of an element, processors, 1e12 MACs a second, 1e9 bytes a second, by NVIDIA's data sheets
_DEVICES = {
    "NVIDIA A100 80GB PCIe": (4, 108, 9.75, 1935),
    "Tesla V100-PCIE-32GB": (4, 80, 7.0, 900),
    "Tesla P100-PCIE-16GB": (4, 56, 4.65, 732),
    "Tesla T4": (4, 40, 4.05, 320),
    "Tesla P4": (4, 20, 2.75, 192),
}
_SIZES = ("B", "Input_Channel", "Output_Channel", "Input_Size", "Kernel_Szie", "Stride")  # spelt so in the file


def table(frame: pd.DataFrame) -> Table:
    """Encode the convolution and its device; what the profiler saw of its kernels is not known beforehand."""
    kinds = [texts(frame, "gpu"), texts(frame, "Padding")]
    device = np.array([_DEVICES[name] for name in texts(frame, "gpu")], dtype=np.float64)
    encoded, macs = encode(numbers(frame, *_SIZES), np.zeros(len(frame), dtype=bool), kinds, device)
    place = np.asarray(frame.groupby("gpu").cumcount(), dtype=np.float64)[:, None]
    encoded = replace(encoded, numbers={**encoded.numbers, "place": standardised(place)})
    return Table(frame, encoded, {"macs": macs})
