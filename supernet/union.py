"""Which networks can run in one pass, and the smallest network that holds them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from search_spaces import Architecture, Block, InputError, OpConfig, Stage
from search_spaces.encoding import Key
from supernet.operators import MODULES

# A mean over channels counts the empty ones too, and an activation with a bias fills them.
_NOT_CHANNEL_BY_CHANNEL = ("layer_norm", "group_norm", "star_relu")


def masked(config: OpConfig) -> frozenset[str]:
    """Return the sizes ("width" for the channels, parameters by name) that may differ between networks in one pass."""
    params = dict(config.params)
    if params.get("grn") or any(value in _NOT_CHANNEL_BY_CHANNEL for value in params.values()):
        return frozenset()
    return MODULES[config.op].masks


def masked_choices(architecture: Architecture) -> set[Key]:
    """Return the choices (keys of dimensions) in which networks may differ from this one and run in one pass."""
    free: set[Key] = set()
    for i, stage in enumerate(architecture.stages):
        free.add((i, "depth"))
        if all("width" in masked(config) for config in _touching(architecture, i)):
            free.add((i, "width"))
        for j, block in enumerate(stage.blocks):
            for slot, config in block.slots().items():
                free |= {(i, j, slot, config.op, name) for name in masked(config) - {"width"}}
    return free


def _touching(architecture: Architecture, stage: int) -> list[OpConfig]:
    """Return every operator that reads or writes the channels of a stage."""
    stages = architecture.stages
    configs = [config for block in stages[stage].blocks for config in block.slots().values()]
    before = architecture.stem if stage == 0 else None
    after = stages[stage + 1].downsample if stage + 1 < len(stages) else architecture.head
    return [config for config in (before, stages[stage].downsample, *configs, after) if config is not None]


def union(architectures: Sequence[Architecture]) -> Architecture:
    """Return the network with the blocks of all, each of the largest sizes.

    Raises InputError when the networks differ in anything else than the depth of a stage, or than sizes whose smaller
    settings are the larger one with zeros (`masked_choices`).
    """
    stages = tuple(_union_stage(parts) for parts in zip(*(a.stages for a in architectures), strict=True))
    whole = replace(architectures[0], stages=stages)
    free = masked_choices(whole)
    for architecture in architectures:
        for i, (stage, of_all) in enumerate(zip(architecture.stages, whole.stages, strict=True)):
            if stage.width != of_all.width and (i, "width") not in free:
                raise InputError(f"stages[{i}]: an operator cannot run with {stage.width} and {of_all.width} channels")
        same = replace(architecture, stages=whole.stages)
        if same != whole:
            raise InputError("networks of one pass must agree in resolution, stem and head")
    return whole


def _union_stage(stages: Sequence[Stage]) -> Stage:
    deepest = max(stages, key=lambda stage: len(stage.blocks))
    if any((stage.stride, stage.downsample) != (deepest.stride, deepest.downsample) for stage in stages):
        raise InputError("networks of one pass must agree in their downsamplings")
    blocks = [[stage.blocks[j] for stage in stages if j < len(stage.blocks)] for j in range(len(deepest.blocks))]
    return replace(deepest, width=max(stage.width for stage in stages), blocks=tuple(map(_union_block, blocks)))


def _union_block(blocks: Sequence[Block]) -> Block:
    slots = [block.slots() for block in blocks]
    return Block(**{slot: _union_config([each[slot] for each in slots]) for slot in slots[0]})


def _union_config(configs: Sequence[OpConfig]) -> OpConfig:
    first = configs[0]
    if any(config.op != first.op for config in configs):
        raise InputError(f"networks of one pass must agree in their operators, found {', '.join(map(str, configs))}")
    params = []
    for name, value in first.params:
        values = [config[name] for config in configs]
        if len(set(values)) > 1 and name not in masked(first):
            raise InputError(f"networks of one pass must agree in {name} of {first.op}, found {values}")
        params.append((name, max(values) if name in masked(first) else value))
    return OpConfig(first.op, tuple(params))


def padded(architecture: Architecture, whole: Architecture) -> Architecture:
    """Return a network with the blocks that it lacks of the union after its own."""
    stages = [
        replace(stage, blocks=(*stage.blocks, *of_all.blocks[len(stage.blocks) :]))
        for stage, of_all in zip(architecture.stages, whole.stages, strict=True)
    ]
    return replace(architecture, stages=tuple(stages))
