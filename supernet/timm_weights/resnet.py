"""ResNet, ResNeXt and their gated forms of timm."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture, OpConfig
from supernet.timm_weights._moved import moved
from supernet.timm_weights._resnet import blocks, frame

MODELS = {
    "resnet18": "resnet_18",
    "resnet34": "resnet_34",
    "resnet50": "resnet_50",
    "resnet101": "resnet_101",
    "resnext50_32x4d": "resnext_50_32x4d",
    "seresnet50": "se_resnet_50",
    "ecaresnet50d": "eca_resnet_50d",
}

_LAYERS = {"basic_block": ("first", "second"), "bottleneck": ("reduce", "spatial", "expand")}
_GATES = {
    "se": {"attention.squeeze.conv": "se.fc1", "attention.excite.conv": "se.fc2"},
    "eca": {"attention.conv": "se.conv"},
    "none": {},
}


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names."""
    prefixes = frame(architecture)
    for ours, theirs, config in blocks(architecture):
        prefixes |= _block(ours, theirs, config)
    return moved(state, prefixes)


def _block(ours: str, theirs: str, config: OpConfig) -> dict[str, str]:
    prefixes = {}
    for number, name in enumerate(_LAYERS[config.op], start=1):
        prefixes[f"{ours}.convs.{name}.conv"] = f"{theirs}.conv{number}"
        prefixes[f"{ours}.convs.{name}.norm"] = f"{theirs}.bn{number}"
    return prefixes | {f"{ours}.{mine}": f"{theirs}.{its}" for mine, its in _GATES[config["gate"]].items()}
