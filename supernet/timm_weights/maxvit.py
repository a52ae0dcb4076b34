"""timm's MaxViT with TensorFlow's weights."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture
from supernet.timm_weights._rename import BLOCK, renamed, split_projections

MODELS: dict[str, str] = {f"maxvit_{size}_tf_224": f"maxvit_{size}" for size in ("tiny", "small", "base", "large")}

# timm's BatchNorms add this to the variance, ours 1e-5; the difference goes into the variance itself.
_EPS = 1e-3
_PARTS = {"conv": 0, "attn_block": 1, "attn_grid": 2}  # of one of timm's blocks: three of ours
_CONV = r"(stages\.\d+\.(?:downsample|blocks\.\d+\.mixer)\.)"
_RULES = (
    (r"stem\.conv1\.", "stem.first.conv."),
    (r"stem\.norm1\.", "stem.first.norm."),
    (r"stem\.conv2\.", "stem.second.conv."),
    (_CONV + r"shortcut\.expand\.", r"\1shortcut.widen."),
    (_CONV + r"pre_norm\.", r"\1norm."),
    (_CONV + r"conv1_1x1\.", r"\1expand."),
    (_CONV + r"norm1\.", r"\1expanded.norm."),
    (_CONV + r"conv2_kxk\.", r"\1depthwise."),
    (_CONV + r"norm2\.", r"\1filtered.norm."),
    (_CONV + r"se\.fc1\.", r"\1gate.squeeze.conv."),
    (_CONV + r"se\.fc2\.", r"\1gate.excite.conv."),
    (_CONV + r"conv3_1x1\.", r"\1project."),
    (BLOCK + r"norm1\.", r"\1norm.norm."),
    (BLOCK + r"norm2\.", r"\1channel_norm.norm."),
    (BLOCK + r"mlp\.fc1\.", r"\1channel_mixer.expand."),
    (BLOCK + r"mlp\.fc2\.", r"\1channel_mixer.project."),
    (BLOCK + r"attn\.qkv\.(\d)\.", r"\1mixer.attend.qkv.convs.\2."),
    (BLOCK + r"attn\.rel_pos\.relative_position_bias_table", r"\1mixer.attend.bias.weight"),
    (BLOCK + r"attn\.proj\.", r"\1mixer.project."),
    (r"head\.norm\.", "head.before."),
    (r"head\.pre_logits\.fc\.", "head.expand."),
    (r"head\.fc\.", "head.classify."),
)


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names; the first inverted residual of a stage is our downsampling."""
    named = {_split_block(name): _variance(name, tensor) for name, tensor in split_projections(state).items()}
    return renamed(named, _RULES, architecture)


def _variance(name: str, tensor: Tensor) -> Tensor:
    return tensor + (_EPS - 1e-5) if name.endswith("running_var") else tensor


def _split_block(name: str) -> str:
    found = re.match(r"stages\.(\d+)\.blocks\.(\d+)\.(\w+)\.", name)
    if found is None:
        return name
    stage, number, part = found[1], 3 * int(found[2]) + _PARTS[found[3]], found[3]
    slot = "mixer." if part == "conv" else ""
    ours = f"stages.{stage}.blocks.{number - 1}.{slot}" if number else f"stages.{stage}.downsample."
    return ours + name[found.end() :]
