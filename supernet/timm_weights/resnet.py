"""ResNet, ResNeXt and their gated forms of timm."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture, OpConfig
from supernet.timm_weights._moved import moved

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
    """Return timm's weights under our names; a first block that changes the shape is our downsampling."""
    prefixes = {**_stem(architecture.stem), "head.linear": "fc"}
    for i, stage in enumerate(architecture.stages):
        mixers = [block.channel_mixer for block in stage.blocks]
        first = 0
        if stage.downsample is not None:
            ours, theirs, first = f"stages.{i}.downsample", f"layer{i + 1}.0", 1
            prefixes |= _block(ours, theirs, stage.downsample)
            prefixes |= _projection(f"{ours}.shortcut", f"{theirs}.downsample", stage.downsample, stage.stride)
        for j, config in enumerate(mixers):
            prefixes |= _block(f"stages.{i}.blocks.{j}.channel_mixer", f"layer{i + 1}.{j + first}", config)
    return moved(state, prefixes)


def _stem(stem: OpConfig) -> dict[str, str]:
    if not stem["deep"]:
        return {"stem.convs.0.conv": "conv1", "stem.convs.0.norm": "bn1"}
    norms = ("conv1.1", "conv1.4", "bn1")
    convs = {f"stem.convs.{i}.conv": f"conv1.{3 * i}" for i in range(3)}
    return convs | {f"stem.convs.{i}.norm": norm for i, norm in enumerate(norms)}


def _block(ours: str, theirs: str, config: OpConfig) -> dict[str, str]:
    prefixes = {}
    for number, name in enumerate(_LAYERS[config.op], start=1):
        prefixes[f"{ours}.convs.{name}.conv"] = f"{theirs}.conv{number}"
        prefixes[f"{ours}.convs.{name}.norm"] = f"{theirs}.bn{number}"
    return prefixes | {f"{ours}.{mine}": f"{theirs}.{its}" for mine, its in _GATES[config["gate"]].items()}


def _projection(ours: str, theirs: str, config: OpConfig, stride: int) -> dict[str, str]:
    """timm's variant d has a place for the pooling even at stride 1; ours then has the convolution alone."""
    pools = config["shortcut"] == "pool"
    mine, its = (1 if pools and stride > 1 else 0), (1 if pools else 0)
    return {f"{ours}.{mine}.conv": f"{theirs}.{its}", f"{ours}.{mine}.norm": f"{theirs}.{its + 1}"}
