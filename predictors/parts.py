"""The parts of a network whose costs add: stem, downsamplings, blocks, head; and ranges over a whole space."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

import numpy as np
from torch import nn

from search_spaces import Architecture, OpConfig, SearchSpace
from search_spaces import Block as BlockConfig
from supernet.network import Block, freeze
from supernet.operators import MODULES


class Part(NamedTuple):
    """A part at its place: ``side`` (pixels) and ``inputs`` (channels) of its input, ``outputs`` channels.

    ``config`` is the Block of a block and the OpConfig of a stem, downsampling or head.
    """

    side: int
    inputs: int
    outputs: int
    stride: int
    kind: str
    config: BlockConfig | OpConfig


def parts(architecture: Architecture) -> Iterator[Part]:
    """Yield the parts of a network in the order in which they run."""
    a = architecture
    side, width = a.sides[0], a.stages[0].width
    yield Part(a.resolution, a.channels, width, a.stem["stride"], "stem", a.stem)
    for stage, stage_side in zip(a.stages, a.sides, strict=True):
        if stage.downsample is not None:
            yield Part(side, width, stage.width, stage.stride, "downsample", stage.downsample)
        side, width = stage_side, stage.width
        for block in stage.blocks:
            yield Part(side, width, width, 1, "block", block)
    yield Part(side, width, a.classes, 1, "head", a.head)


def build_part(part: Part) -> nn.Module:
    """Return the module of a part in train form and evaluation mode, freshly initialised."""
    config = part.config
    if isinstance(config, BlockConfig):
        block = Block(part.inputs, {slot: (op,) for slot, op in config.slots().items()})
        block.configure(config, part.inputs)
        return freeze(block).eval()
    if part.kind == "downsample":
        module = MODULES[config.op](part.inputs, part.outputs, part.stride, [config])
    else:
        module = MODULES[config.op](part.inputs, part.outputs, [config])
    widths = (part.inputs,) if part.kind == "head" else (part.inputs, part.outputs)
    cast(Any, module).configure(config, *widths)
    return freeze(module).eval()


Value = Callable[[Part], np.ndarray]


def additive_range(space: SearchSpace, value: Value) -> tuple[np.ndarray, np.ndarray]:
    """Return the exact least and greatest sum of ``value`` over the parts of any architecture of ``space``.

    ``value`` maps a part to a vector [K]; each of the K sums has its own extremes. Exact because a part's
    value depends on its own place only: the best of each stage for each width into it, stage after stage.
    """
    return _best(space, value, np.minimum), _best(space, value, np.maximum)


def _best(space: SearchSpace, value: Value, better: np.ufunc) -> np.ndarray:
    """Dynamic programme over stages; its state is the width that leaves the stage."""
    first = space.stages[0]
    bodies = _stage_bests(space, 0, value, better)
    state = {
        width: value(Part(space.resolution, space.channels, width, space.stem["stride"], "stem", space.stem)) + body
        for width, body in bodies.items()
    }
    side = first.side
    for index, stage in enumerate(space.stages[1:], start=1):
        bodies = _stage_bests(space, index, value, better)
        state = {
            width: body
            + better.reduce(
                [
                    total + value(Part(side, before, width, stage.stride, "downsample", space.downsample))
                    for before, total in state.items()
                ]
            )
            for width, body in bodies.items()
        }
        side = stage.side
    ends = [t + value(Part(side, w, space.classes, 1, "head", space.head)) for w, t in state.items()]
    return better.reduce(ends)


def _stage_bests(space: SearchSpace, index: int, value: Value, better: np.ufunc) -> dict[int, np.ndarray]:
    """Return, for each width of a stage, the best sum over its blocks at any depth."""
    stage = space.stages[index]
    placed = any(rule.names & {"depth", "block"} for rule in stage.rules)
    zero = np.zeros_like(value(Part(stage.side, stage.widths[0], space.classes, 1, "head", space.head)))
    bests: dict[int, np.ndarray] = {}
    known: dict[tuple[int, ...], np.ndarray] = {}
    for width, depth in stage.shapes():
        body = zero
        for j in range(depth):
            # Blocks at equal positions have equal options, unless a rule names their place.
            key = (width, id(stage.positions[j]), *((depth, j) if placed else ()))
            if key not in known:
                blocks = stage.blocks(width, depth, j)
                known[key] = better.reduce([value(Part(stage.side, width, width, 1, "block", b)) for b in blocks])
            body = body + known[key]
        bests[width] = better(bests[width], body) if width in bests else body
    return bests
