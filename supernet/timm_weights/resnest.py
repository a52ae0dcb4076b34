"""ResNeSt of timm, whose splits are the groups of one convolution."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture, OpConfig
from supernet.timm_weights._moved import moved
from supernet.timm_weights._resnet import blocks, frame

MODELS = {
    "resnest14d": "resnest_14",
    "resnest26d": "resnest_26",
    "resnest50d": "resnest_50",
    "resnest50d_1s4x24d": "resnest_50_1s4x24d",
    "resnest50d_4s2x40d": "resnest_50_4s2x40d",
    "resnest101e": "resnest_101",
}

_LAYERS = {
    "reduce.conv": "conv1",
    "reduce.norm": "bn1",
    "attention.squeeze.conv": "conv2.fc1",
    "attention.squeeze.norm": "conv2.bn1",
    "expand.conv": "conv3",
    "expand.norm": "bn3",
}


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names."""
    prefixes, found = frame(architecture), {}
    for ours, theirs, config in blocks(architecture):
        prefixes |= {f"{ours}.{mine}": f"{theirs}.{its}" for mine, its in _LAYERS.items()}
        for split in range(config["radix"]):
            found |= _split(state, f"{ours}.attention", f"{theirs}.conv2", config, split)
    return moved(state, prefixes) | found


def _split(state: Mapping[str, Tensor], ours: str, theirs: str, config: OpConfig, split: int) -> dict[str, Tensor]:
    """Return what one split has of timm's convolution, of the norm after it, and of the second layer of the attention.

    Rows of the first two are [radix, channels], of the third [groups, radix, channels of a group].
    """
    radix, groups = config["radix"], config["groups"]
    found = {}
    for mine, its in ((f"{ours}.splits.{split}.conv", "conv"), (f"{ours}.splits.{split}.norm", "bn0")):
        for name, tensor in moved(state, {mine: f"{theirs}.{its}"}).items():
            found[name] = tensor.chunk(radix)[split] if tensor.ndim else tensor
    for name, tensor in moved(state, {f"{ours}.excite.{split}.conv": f"{theirs}.fc2"}).items():
        found[name] = tensor.unflatten(0, (groups, radix, -1))[:, split].flatten(0, 1)
    return found
