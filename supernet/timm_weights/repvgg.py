"""RepVGG of timm, with its branches."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture
from supernet.timm_weights._rename import placed, renamed

_SIZES = ("a0", "a1", "a2", "b0", "b1", "b1g4", "b2", "b2g4")
MODELS = {f"repvgg_{size}": f"repvgg_{size}" for size in _SIZES}

_LAYERS = r"(stem\.|stages\.\d+\.(?:downsample|blocks\.\d+\.mixer)\.)"
_RULES = (
    (_LAYERS + r"conv_kxk\.conv\.", r"\1dense.conv."),
    (_LAYERS + r"conv_kxk\.bn\.", r"\1dense.norm."),
    (_LAYERS + r"conv_1x1\.conv\.", r"\1point.conv."),
    (_LAYERS + r"conv_1x1\.bn\.", r"\1point.norm."),
    (_LAYERS + r"identity\.", r"\1same."),
    (r"head\.fc\.", "head.linear."),
)


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names; the first block of a timm stage is our downsampling."""
    return renamed(placed(state, r"stages\.(\d+)\.(\d+)\.", architecture, "mixer"), _RULES, architecture)
