"""ConvNeXt."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture
from supernet.timm_weights._rename import BLOCK, DOWN, renamed

MODELS: dict[str, str] = {
    f"convnext_{size}": f"convnext_{size}" for size in ("atto", "femto", "nano", "tiny", "small", "base", "xlarge")
}
_RULES = (
    (r"stem\.0\.", "stem.conv.conv."),
    (r"stem\.1\.", "stem.conv.norm."),
    (DOWN + r"0\.", r"\1before."),
    (DOWN + r"1\.", r"\1conv."),
    (BLOCK + r"conv_dw\.", r"\1mixer.conv."),
    (BLOCK + r"norm\.", r"\1norm.norm."),
    (BLOCK + r"mlp\.fc1\.", r"\1channel_mixer.expand."),
    (BLOCK + r"mlp\.fc2\.", r"\1channel_mixer.project."),
    (BLOCK + r"gamma$", r"\1residual.scales.0.weight"),
    (r"head\.norm\.", "head.norm."),
    (r"head\.fc\.", "head.linear."),
)


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names."""
    return renamed(state, _RULES, architecture)
