"""VoVNet of timm."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture, OpConfig
from supernet.timm_weights._moved import moved

MODELS = {"vovnet39a": "vovnet_39"}


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names; the first block of a timm stage is our downsampling."""
    prefixes = {"head.linear": "head.fc"}
    for i in range(3):
        prefixes |= _conv(f"stem.convs.{i}", f"stem.{i}")
    for i, stage in enumerate(architecture.stages):
        assert stage.downsample is not None
        prefixes |= _osa(f"stages.{i}.downsample", f"stages.{i}.blocks.0", stage.downsample)
        for j, block in enumerate(stage.blocks):
            ours = f"stages.{i}.blocks.{j}.channel_mixer"
            prefixes |= _osa(ours, f"stages.{i}.blocks.{j + 1}", block.channel_mixer)
    return moved(state, prefixes)


def _conv(ours: str, theirs: str) -> dict[str, str]:
    return {f"{ours}.conv": f"{theirs}.conv", f"{ours}.norm": f"{theirs}.bn"}


def _osa(ours: str, theirs: str, config: OpConfig) -> dict[str, str]:
    prefixes = {f"{ours}.aggregate": f"{theirs}.conv_concat.conv", f"{ours}.norm": f"{theirs}.conv_concat.bn"}
    for i in range(config["convolutions"]):
        prefixes |= _conv(f"{ours}.chain.{i}", f"{theirs}.conv_mid.{i}")
    return prefixes
