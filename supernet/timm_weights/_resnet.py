"""The frame of timm's residual networks: stem, blocks, projections, classifier."""

from __future__ import annotations

from collections.abc import Iterator

from search_spaces import Architecture, OpConfig


def frame(architecture: Architecture) -> dict[str, str]:
    """Return timm's prefixes of all that is not in a block, by ours; stages are "layer1" to "layer4"."""
    prefixes = {**_stem(architecture.stem), "head.linear": "fc"}
    for i, stage in enumerate(architecture.stages):
        if stage.downsample is not None:
            ours, theirs = f"stages.{i}.downsample.shortcut", f"layer{i + 1}.0.downsample"
            prefixes |= _projection(ours, theirs, stage.downsample, stage.stride)
    return prefixes


def blocks(architecture: Architecture) -> Iterator[tuple[str, str, OpConfig]]:
    """Yield every block: our prefix, timm's, its operator. A first block that changes the shape is our downsampling."""
    for i, stage in enumerate(architecture.stages):
        first = 0 if stage.downsample is None else 1
        if stage.downsample is not None:
            yield f"stages.{i}.downsample", f"layer{i + 1}.0", stage.downsample
        for j, block in enumerate(stage.blocks):
            yield f"stages.{i}.blocks.{j}.channel_mixer", f"layer{i + 1}.{j + first}", block.channel_mixer


def _stem(stem: OpConfig) -> dict[str, str]:
    if not stem["deep"]:
        return {"stem.convs.0.conv": "conv1", "stem.convs.0.norm": "bn1"}
    norms = ("conv1.1", "conv1.4", "bn1")
    convs = {f"stem.convs.{i}.conv": f"conv1.{3 * i}" for i in range(3)}
    return convs | {f"stem.convs.{i}.norm": norm for i, norm in enumerate(norms)}


def _projection(ours: str, theirs: str, config: OpConfig, stride: int) -> dict[str, str]:
    """timm's variant d has a place for the pooling even at stride 1; ours then has the convolution alone."""
    pools = config["shortcut"] == "pool"
    mine, its = (1 if pools and stride > 1 else 0), (1 if pools else 0)
    return {f"{ours}.{mine}.conv": f"{theirs}.{its}", f"{ours}.{mine}.norm": f"{theirs}.{its + 1}"}
