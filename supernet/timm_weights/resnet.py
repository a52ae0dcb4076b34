"""ResNet, ResNeXt and their gated forms of timm."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture
from supernet.timm_weights._rename import Rules, renamed
from supernet.timm_weights._resnet import LAYERS, frame, in_places

MODELS = {
    "resnet18": "resnet_18",
    "resnet34": "resnet_34",
    "resnet50": "resnet_50",
    "resnet101": "resnet_101",
    "resnext50_32x4d": "resnext_50_32x4d",
    "seresnet50": "se_resnet_50",
    "ecaresnet50d": "eca_resnet_50d",
}

_CONVS = {"basic_block": ("first", "second"), "bottleneck": ("reduce", "spatial", "expand")}
_GATES = (
    (LAYERS + r"se\.fc1\.", r"\1attention.squeeze.conv."),
    (LAYERS + r"se\.fc2\.", r"\1attention.excite.conv."),
    (LAYERS + r"se\.conv\.", r"\1attention.conv."),
)


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names."""
    (block,) = {block.channel_mixer.op for stage in architecture.stages for block in stage.blocks}
    rules = (*frame(architecture), *_layers(block), *_GATES)
    return renamed(in_places(state, architecture), rules, architecture)


def _layers(block: str) -> Rules:
    """Return the rules of the convolutions of a block."""
    return [
        (LAYERS + rf"{theirs}{number}\.", rf"\1convs.{name}.{ours}.")
        for number, name in enumerate(_CONVS[block], start=1)
        for theirs, ours in (("conv", "conv"), ("bn", "norm"))
    ]
