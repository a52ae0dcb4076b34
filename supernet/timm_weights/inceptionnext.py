"""InceptionNeXt."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture
from supernet.timm_weights._rename import BLOCK, DOWN, renamed

MODELS: dict[str, str] = {f"inception_next_{size}": f"inceptionnext_{size}" for size in ("atto", "tiny", "base")}
_RULES = (
    (r"stem\.0\.", "stem.conv.conv."),
    (r"stem\.1\.", "stem.conv.norm."),
    (DOWN + r"0\.", r"\1before."),
    (DOWN + r"1\.", r"\1conv."),
    (BLOCK + r"token_mixer\.dwconv_hw\.", r"\1mixer.square."),
    (BLOCK + r"token_mixer\.dwconv_w\.", r"\1mixer.row."),
    (BLOCK + r"token_mixer\.dwconv_h\.", r"\1mixer.column."),
    (BLOCK + r"norm\.", r"\1norm.norm."),
    (BLOCK + r"mlp\.fc1\.", r"\1channel_mixer.expand."),
    (BLOCK + r"mlp\.fc2\.", r"\1channel_mixer.project."),
    (BLOCK + r"gamma$", r"\1residual.scales.0.weight"),
    (r"head\.fc1\.", "head.expand."),
    (r"head\.norm\.", "head.norm."),
    (r"head\.fc2\.", "head.classify."),
)


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names."""
    return renamed(state, _RULES, architecture)
