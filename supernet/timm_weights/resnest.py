"""ResNeSt of timm, whose splits are the groups of one convolution."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture
from supernet.timm_weights._rename import renamed
from supernet.timm_weights._resnet import LAYERS, frame, in_places

MODELS = {
    "resnest14d": "resnest_14",
    "resnest26d": "resnest_26",
    "resnest50d": "resnest_50",
    "resnest50d_1s4x24d": "resnest_50_1s4x24d",
    "resnest50d_4s2x40d": "resnest_50_4s2x40d",
    "resnest101e": "resnest_101",
}

_BLOCK = (
    (LAYERS + r"conv1\.", r"\1reduce.conv."),
    (LAYERS + r"bn1\.", r"\1reduce.norm."),
    (LAYERS + r"conv2\.conv(\d)\.", r"\1attention.splits.\2.conv."),
    (LAYERS + r"conv2\.split_norm(\d)\.", r"\1attention.splits.\2.norm."),
    (LAYERS + r"conv2\.fc1\.", r"\1attention.squeeze.conv."),
    (LAYERS + r"conv2\.bn1\.", r"\1attention.squeeze.norm."),
    (LAYERS + r"conv2\.excite(\d)\.", r"\1attention.excite.\2.conv."),
    (LAYERS + r"conv3\.", r"\1expand.conv."),
    (LAYERS + r"bn3\.", r"\1expand.norm."),
)
_SPLIT = {"conv": "conv", "bn0": "split_norm", "fc2": "excite"}


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names."""
    block = architecture.stages[-1].downsample
    assert block is not None
    split = _split(in_places(state, architecture), int(block["radix"]), int(block["groups"]))
    return renamed(split, (*frame(architecture), *_BLOCK), architecture)


def _split(state: Mapping[str, Tensor], radix: int, groups: int) -> dict[str, Tensor]:
    """Return ``state`` with what each split has of timm's convolution, of the norm after it and of the last layer.

    Rows of the first two are [radix, channels], of the third [groups, radix, channels of a group].
    """
    found = {}
    for name, tensor in state.items():
        match = re.search(r"\.conv2\.(conv|bn0|fc2)\.", name)
        if match is None:
            found[name] = tensor
            continue
        for number in range(radix):
            part = tensor
            if tensor.ndim:
                by_split = tensor.unflatten(0, (groups if match[1] == "fc2" else 1, radix, -1))
                part = by_split[:, number].flatten(0, 1)
            found[name.replace(match[0], f".conv2.{_SPLIT[match[1]]}{number}.")] = part
    return found
