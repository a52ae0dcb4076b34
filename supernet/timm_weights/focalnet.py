"""FocalNet."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from search_spaces import Architecture
from supernet.timm_weights._rename import renamed

MODELS: dict[str, str] = {
    f"focalnet_{size}": f"focalnet_{size}" for size in ("tiny_srf", "tiny_lrf", "small_lrf", "base_srf")
}
_BLOCK = r"layers(\.\d+\.blocks\.\d+\.)"
_DOWN = r"layers(\.\d+\.downsample\.)"
_RULES = (
    (r"stem\.proj\.", "stem.conv.conv."),
    (r"stem\.norm\.", "stem.conv.norm."),
    (_DOWN + r"proj\.", r"stages\1conv."),
    (_DOWN + r"norm\.", r"stages\1norm."),
    (_BLOCK + r"norm1\.", r"stages\1norm.norm."),
    (_BLOCK + r"norm2\.", r"stages\1channel_norm.norm."),
    (_BLOCK + r"modulation\.f\.", r"stages\1mixer.expand."),
    (_BLOCK + r"modulation\.h\.", r"stages\1mixer.mix."),
    (_BLOCK + r"modulation\.proj\.", r"stages\1mixer.project."),
    (_BLOCK + r"modulation\.focal_layers\.(\d+)\.0\.", r"stages\1mixer.contexts.\2."),
    (_BLOCK + r"mlp\.fc1\.", r"stages\1channel_mixer.expand."),
    (_BLOCK + r"mlp\.fc2\.", r"stages\1channel_mixer.project."),
    (r"norm\.", "head.norm."),
    (r"head\.fc\.", "head.linear."),
)


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names."""
    ordered = dict(state)
    for name, tensor in state.items():
        if found := re.match(r"layers\.(\d+)\.blocks\.(\d+)\.modulation\.f\.", name):
            block = architecture.stages[int(found[1])].blocks[int(found[2])]
            ordered[name] = _global_gate_first(tensor, block.mixer["levels"])
    return renamed(ordered, _RULES, architecture)


def _global_gate_first(rows: Tensor, levels: int) -> Tensor:
    """Turn query, context, gates of levels, gate of the mean into our order: the gate of the mean before the levels."""
    return torch.cat((rows[: -levels - 1], rows[-1:], rows[-levels - 1 : -1]))
