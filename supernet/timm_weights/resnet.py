"""ResNet, ResNeXt and their gated forms of timm."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture, OpConfig
from supernet.timm_weights._rename import DOWN, Rules, placed, renamed

MODELS = {
    "resnet18": "resnet_18",
    "resnet34": "resnet_34",
    "resnet50": "resnet_50",
    "resnet101": "resnet_101",
    "resnext50_32x4d": "resnext_50_32x4d",
    "seresnet50": "se_resnet_50",
    "ecaresnet50d": "eca_resnet_50d",
}

_LAYERS = r"(stages\.\d+\.(?:downsample|blocks\.\d+\.channel_mixer)\.)"
_CONVS = {"basic_block": ("first", "second"), "bottleneck": ("reduce", "spatial", "expand")}
_REST = (
    (_LAYERS + r"se\.fc1\.", r"\1attention.squeeze.conv."),
    (_LAYERS + r"se\.fc2\.", r"\1attention.excite.conv."),
    (_LAYERS + r"se\.conv\.", r"\1attention.conv."),
    (r"fc\.", "head.linear."),
)
_PLAIN_STEM = ((r"conv1\.", "stem.convs.0.conv."), (r"bn1\.", "stem.convs.0.norm."))
_DEEP_STEM = (
    (r"conv1\.0\.", "stem.convs.0.conv."),
    (r"conv1\.1\.", "stem.convs.0.norm."),
    (r"conv1\.3\.", "stem.convs.1.conv."),
    (r"conv1\.4\.", "stem.convs.1.norm."),
    (r"conv1\.6\.", "stem.convs.2.conv."),
    (r"bn1\.", "stem.convs.2.norm."),
)
_SHORTCUT = ((DOWN + r"downsample\.0\.", r"\1shortcut.0.conv."), (DOWN + r"downsample\.1\.", r"\1shortcut.0.norm."))
# timm's variant d has a place for the pooling even in the first stage, of stride 1; ours is then the convolution alone.
_POOLED_SHORTCUT = (
    (r"(stages\.0\.downsample\.)downsample\.1\.", r"\1shortcut.0.conv."),
    (r"(stages\.0\.downsample\.)downsample\.2\.", r"\1shortcut.0.norm."),
    (DOWN + r"downsample\.1\.", r"\1shortcut.1.conv."),
    (DOWN + r"downsample\.2\.", r"\1shortcut.1.norm."),
)


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names; a first block that changes the shape is our downsampling."""
    numbered = {_from_zero(name): tensor for name, tensor in state.items()}
    blocks = placed(numbered, r"layers\.(\d+)\.(\d+)\.", architecture, "channel_mixer")
    stem = _DEEP_STEM if architecture.stem["deep"] else _PLAIN_STEM
    return renamed(blocks, (*stem, *_rules(architecture.stages[-1].downsample), *_REST), architecture)


def _from_zero(name: str) -> str:
    return re.sub(r"^layer(\d)", lambda found: f"layers.{int(found[1]) - 1}", name)


def _rules(block: OpConfig | None) -> Rules:
    """Return the rules of the convolutions and shortcuts of networks of such blocks."""
    assert block is not None
    convs = [
        (_LAYERS + rf"{theirs}{number}\.", rf"\1convs.{name}.{ours}.")
        for number, name in enumerate(_CONVS[block.op], start=1)
        for theirs, ours in (("conv", "conv"), ("bn", "norm"))
    ]
    return (*convs, *(_POOLED_SHORTCUT if block["shortcut"] == "pool" else _SHORTCUT))
