"""The frame of timm's residual networks: numbering of blocks, stem, projections, classifier."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture
from supernet.timm_weights._rename import DOWN, Rules, placed

LAYERS = r"(stages\.\d+\.(?:downsample|blocks\.\d+\.channel_mixer)\.)"
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


def in_places(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights with blocks at our places; a first block that changes the shape is our downsampling."""
    numbered = {_from_zero(name): tensor for name, tensor in state.items()}
    return placed(numbered, r"layers\.(\d+)\.(\d+)\.", architecture, "channel_mixer")


def frame(architecture: Architecture) -> Rules:
    """Return the rules of all that is not inside a block."""
    block = architecture.stages[-1].downsample
    assert block is not None
    shortcut = _POOLED_SHORTCUT if block["shortcut"] == "pool" else _SHORTCUT
    stem = _DEEP_STEM if architecture.stem["deep"] else _PLAIN_STEM
    return (*stem, *shortcut, (r"fc\.", "head.linear."))


def _from_zero(name: str) -> str:
    return re.sub(r"^layer(\d)", lambda found: f"layers.{int(found[1]) - 1}", name)
