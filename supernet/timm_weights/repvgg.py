"""RepVGG of timm, with its branches."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture
from supernet.timm_weights._rename import placed, renamed

MODELS = {"repvgg_a0": "repvgg_a0", "repvgg_b0": "repvgg_b0"}

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
