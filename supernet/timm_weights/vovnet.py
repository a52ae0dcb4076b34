"""VoVNet of timm."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture
from supernet.timm_weights._rename import placed, renamed

MODELS = {"vovnet39a": "vovnet_39"}

_LAYERS = r"(stages\.\d+\.(?:downsample|blocks\.\d+\.channel_mixer)\.)"
_RULES = (
    (r"stem\.(\d)\.conv\.", r"stem.convs.\1.conv."),
    (r"stem\.(\d)\.bn\.", r"stem.convs.\1.norm."),
    (_LAYERS + r"conv_mid\.(\d+)\.conv\.", r"\1chain.\2.conv."),
    (_LAYERS + r"conv_mid\.(\d+)\.bn\.", r"\1chain.\2.norm."),
    (_LAYERS + r"conv_concat\.conv\.", r"\1aggregate."),
    (_LAYERS + r"conv_concat\.bn\.", r"\1norm."),
    (r"head\.fc\.", "head.linear."),
)
_BLOCK = r"stages\.(\d+)\.blocks\.(\d+)\."


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names; the first block of a timm stage is our downsampling."""
    return renamed(placed(state, _BLOCK, architecture, "channel_mixer"), _RULES, architecture)
