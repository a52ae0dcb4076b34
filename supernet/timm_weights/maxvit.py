"""timm's MaxViT with TensorFlow's weights."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from search_spaces import Architecture
from supernet.network import build

MODELS: dict[str, str] = {f"maxvit_{size}_tf_224": f"maxvit_{size}" for size in ("tiny", "small", "base", "large")}

# timm's BatchNorms add this to the variance, ours 1e-5; the difference goes into the variance itself.
_EPS = 1e-3
_PARTS = ("conv", "attn_block", "attn_grid")  # of one of timm's blocks: three of ours
_NAMES = (
    (r"^stem\.first\.conv", "stem.conv1"),
    (r"^stem\.first\.norm", "stem.norm1"),
    (r"^stem\.second\.conv", "stem.conv2"),
    (r"\.conv\.norm", ".conv.pre_norm"),
    (r"\.conv\.expand\.", ".conv.conv1_1x1."),
    (r"\.expanded\.norm", ".norm1"),
    (r"\.depthwise", ".conv2_kxk"),
    (r"\.filtered\.norm", ".norm2"),
    (r"\.gate\.squeeze", ".se.fc1"),
    (r"\.gate\.excite", ".se.fc2"),
    (r"\.conv\.project", ".conv.conv3_1x1"),
    (r"\.shortcut\.widen", ".shortcut.expand"),
    (r"\.channel_norm\.norm", ".norm2"),
    (r"\.norm\.norm", ".norm1"),
    (r"\.channel_mixer\.expand", ".mlp.fc1"),
    (r"\.channel_mixer\.project", ".mlp.fc2"),
    (r"\.mixer\.attend\.qkv\.convs\.\d", ".attn.qkv"),
    (r"\.mixer\.attend\.bias\.weight", ".attn.rel_pos.relative_position_bias_table"),
    (r"\.mixer\.project", ".attn.proj"),
    (r"^head\.before", "head.norm"),
    (r"^head\.expand", "head.pre_logits.fc"),
    (r"^head\.classify", "head.fc"),
)


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names and in our shapes (1 x 1 convolutions where timm has linear layers)."""
    with torch.device("meta"):
        ours = build(architecture).state_dict()
    return {name: _weight(name, state).reshape(like.shape) for name, like in ours.items()}


def _weight(name: str, state: Mapping[str, Tensor]) -> Tensor:
    weight = state[_timm_name(name)]
    if name.endswith("running_var"):
        return weight + (_EPS - 1e-5)
    part = re.search(r"\.qkv\.convs\.(\d)", name)
    return weight.chunk(3)[int(part[1])] if part else weight


def _timm_name(name: str) -> str:
    block = re.match(r"(stages\.\d+)\.blocks\.(\d+)\.", name)
    if block is not None:
        # The first inverted residual of a stage is our downsampling, so blocks start with the second part.
        number, part = divmod(int(block[2]) + 1, len(_PARTS))
        rest = name[block.end() :] if part else name[block.end() :].removeprefix("mixer.")
        name = f"{block[1]}.blocks.{number}.{_PARTS[part]}.{rest}"
    name = name.replace(".downsample.", ".blocks.0.conv.")
    for pattern, replacement in _NAMES:
        name = re.sub(pattern, replacement, name)
    return name
