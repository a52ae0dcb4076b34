"""ConvMixer."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture
from supernet.timm_weights._rename import renamed

MODELS: dict[str, str] = {name: name for name in ("convmixer_768_32", "convmixer_1536_20")}
_RULES = (
    (r"stem\.0\.", "stem.conv.conv."),
    (r"stem\.2\.", "stem.conv.norm."),
    (r"(blocks\.\d+\.)0\.fn\.0\.", r"stages.0.\1mixer.conv."),
    (r"(blocks\.\d+\.)0\.fn\.2\.", r"stages.0.\1mixer.norm."),
    (r"(blocks\.\d+\.)1\.", r"stages.0.\1channel_mixer.conv."),
    (r"(blocks\.\d+\.)3\.", r"stages.0.\1channel_mixer.norm."),
    (r"head\.", "head.linear."),
)


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names."""
    return renamed(state, _RULES, architecture)
