"""Single convolutions on a V100 with TensorRT (Alibaba's lightweight NAS library): whole batches, in ms."""

from __future__ import annotations

import pandas as pd

from benchmarks.tables._convolutions import encode
from benchmarks.tables._table import Table, numbers, texts


def table(frame: pd.DataFrame) -> Table:
    """Encode the convolution, its precision, and whether an addition is fused to it."""
    sizes = numbers(frame, "batch", "in_c", "out_c", "in_h", "kernel", "stride")
    depthwise = texts(frame, "conv_type") == "Depthwise"
    kinds = [texts(frame, name) for name in ("precision", "elmt_fused")]
    encoded, macs = encode(sizes, depthwise, kinds)
    return Table(frame, encoded, {"macs": macs})
