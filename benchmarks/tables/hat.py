"""Hardware-Aware Transformers (Wang et al., ACL 2020): translation models on several devices."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.tables._table import Table, numbers, texts
from predictors.regressors import Encoded, standardised

_WORDS = ("embed_dim", "layer_num", "ffn_embed_dim_avg", "self_attention_heads_avg")


def table(frame: pd.DataFrame) -> Table:
    """Encode sizes, their products by the decoder's layers, and the device."""
    names = [name for name in frame.columns if name.startswith(("encoder_", "decoder_"))]
    sizes = numbers(frame, *names)
    layers = numbers(frame, "decoder_layer_num")
    devices, device = np.unique(texts(frame, "device"), return_inverse=True)
    groups = {"sizes": standardised(sizes), "by layers": standardised(sizes * layers)}
    sums = np.hstack([np.ones((len(frame), 1)), sizes, sizes * layers])
    macs = sum(_macs(frame, part) for part in ("encoder", "decoder"))
    return Table(frame, Encoded(device[:, None], (len(devices),), groups, sums), {"macs": np.asarray(macs)})


def _macs(frame: pd.DataFrame, part: str) -> np.ndarray:
    """Return what grows with the MACs of a token: attention's four products, the feed-forward layer's two."""
    wide, layers, hidden, _ = numbers(frame, *(f"{part}_{word}" for word in _WORDS)).T
    return layers * (4 * wide**2 * (2 if part == "decoder" else 1) + 2 * wide * hidden)
