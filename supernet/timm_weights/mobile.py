"""MobileNetV2 and EfficientNet of timm."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture
from supernet.timm_weights._rename import placed, renamed

MODELS = {
    "mobilenetv2_100": "mobilenetv2_100",
    "mobilenetv2_050": "mobilenetv2_050",
    "efficientnet_b0": "efficientnet_b0",
    "efficientnet_b1": "efficientnet_b1",
    "efficientnet_b2": "efficientnet_b2",
}

_LAYERS = r"(stages\.\d+\.(?:downsample|blocks\.\d+\.channel_mixer)\.)"
_FIRST_STAGE = r"(stages\.0\.(?:downsample|blocks\.\d+\.channel_mixer)\.)"  # nothing expands in it
_RULES = (
    (r"conv_stem\.", "stem.conv.conv."),
    (r"bn1\.", "stem.conv.norm."),
    (_FIRST_STAGE + r"conv_dw\.", r"\1convs.spatial.conv."),
    (_FIRST_STAGE + r"bn1\.", r"\1convs.spatial.norm."),
    (_FIRST_STAGE + r"conv_pw\.", r"\1convs.project.conv."),
    (_FIRST_STAGE + r"bn2\.", r"\1convs.project.norm."),
    (_LAYERS + r"conv_pw\.", r"\1convs.expand.conv."),
    (_LAYERS + r"bn1\.", r"\1convs.expand.norm."),
    (_LAYERS + r"conv_dw\.", r"\1convs.spatial.conv."),
    (_LAYERS + r"bn2\.", r"\1convs.spatial.norm."),
    (_LAYERS + r"conv_pwl\.", r"\1convs.project.conv."),
    (_LAYERS + r"bn3\.", r"\1convs.project.norm."),
    (_LAYERS + r"se\.conv_reduce\.", r"\1attention.squeeze.conv."),
    (_LAYERS + r"se\.conv_expand\.", r"\1attention.excite.conv."),
    (r"conv_head\.", "head.conv.conv."),
    (r"bn2\.", "head.conv.norm."),
    (r"classifier\.", "head.linear."),
)


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names; the first block of a timm stage is our downsampling."""
    return renamed(placed(state, r"blocks\.(\d+)\.(\d+)\.", architecture, "channel_mixer"), _RULES, architecture)
