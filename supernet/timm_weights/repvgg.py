"""RepVGG of timm, with its branches."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture
from supernet.timm_weights._moved import moved

_SIZES = ("a0", "a1", "a2", "b0", "b1", "b1g4", "b2", "b2g4")
MODELS = {f"repvgg_{size}": f"repvgg_{size}" for size in _SIZES}


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names; the first block of a timm stage is our downsampling."""
    prefixes = {"head.linear": "head.fc", **_branches("stem", "stem")}
    for i, stage in enumerate(architecture.stages):
        prefixes |= _branches(f"stages.{i}.downsample", f"stages.{i}.0")
        for j in range(len(stage.blocks)):
            ours, theirs = f"stages.{i}.blocks.{j}.mixer", f"stages.{i}.{j + 1}"
            prefixes |= {**_branches(ours, theirs), f"{ours}.same": f"{theirs}.identity"}
    return moved(state, prefixes)


def _branches(ours: str, theirs: str) -> dict[str, str]:
    names = {"dense": "conv_kxk", "point": "conv_1x1"}
    convs = {f"{ours}.{mine}.conv": f"{theirs}.{its}.conv" for mine, its in names.items()}
    return convs | {f"{ours}.{mine}.norm": f"{theirs}.{its}.bn" for mine, its in names.items()}
