"""MobileNetV2 and EfficientNet of timm."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture
from supernet.timm_weights._moved import moved

MODELS = {
    "mobilenetv2_100": "mobilenetv2_100",
    "mobilenetv2_050": "mobilenetv2_050",
    "efficientnet_b0": "efficientnet_b0",
    "efficientnet_b1": "efficientnet_b1",
    "efficientnet_b2": "efficientnet_b2",
}

_ENDS = {
    "stem.conv.conv": "conv_stem",
    "stem.conv.norm": "bn1",
    "head.conv.conv": "conv_head",
    "head.conv.norm": "bn2",
    "head.linear": "classifier",
}
_EXPANDING = {"expand": ("conv_pw", "bn1"), "spatial": ("conv_dw", "bn2"), "project": ("conv_pwl", "bn3")}
_SEPARABLE = {"spatial": ("conv_dw", "bn1"), "project": ("conv_pw", "bn2")}


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names; the first block of a timm stage is our downsampling."""
    prefixes = dict(_ENDS)
    for i, stage in enumerate(architecture.stages):
        assert stage.downsample is not None
        mixers = [stage.downsample, *(block.channel_mixer for block in stage.blocks)]
        for j, config in enumerate(mixers):
            ours = f"stages.{i}.blocks.{j - 1}.channel_mixer" if j else f"stages.{i}.downsample"
            theirs = f"blocks.{i}.{j}"
            for name, (conv, norm) in (_SEPARABLE if config["expansion"] == 1 else _EXPANDING).items():
                prefixes[f"{ours}.convs.{name}.conv"] = f"{theirs}.{conv}"
                prefixes[f"{ours}.convs.{name}.norm"] = f"{theirs}.{norm}"
            if config["se"]:
                prefixes[f"{ours}.attention.squeeze.conv"] = f"{theirs}.se.conv_reduce"
                prefixes[f"{ours}.attention.excite.conv"] = f"{theirs}.se.conv_expand"
    return moved(state, prefixes)
