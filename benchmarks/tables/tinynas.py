"""Single convolutions on a V100 with TensorRT (Alibaba's lightweight NAS library): whole batches, in ms."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.tables._convolutions import encode
from benchmarks.tables._table import Table, numbers, texts

# bytes of an element, processors, 1e12 MACs a second, 1e9 bytes a second of a V100 by NVIDIA's data sheet
_PRECISIONS = {"fp32": (4, 80, 7.0, 900), "fp16": (2, 80, 56.0, 900), "int8": (1, 80, 28.0, 900)}


def table(frame: pd.DataFrame) -> Table:
    """Encode the convolution, its precision, and whether an addition is fused to it."""
    sizes = numbers(frame, "batch", "in_c", "out_c", "in_h", "kernel", "stride")
    depthwise = texts(frame, "conv_type") == "Depthwise"
    kinds = [texts(frame, name) for name in ("precision", "elmt_fused")]
    device = np.array([_PRECISIONS[name] for name in texts(frame, "precision")], dtype=np.float64)
    encoded, macs = encode(sizes, depthwise, kinds, device)
    return Table(frame, encoded, {"macs": macs})
