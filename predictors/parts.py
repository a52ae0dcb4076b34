"""The parts of a network whose costs add: stem, downsamplings, blocks, head; and ranges over a whole space."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from torch import nn

from search_spaces import Architecture, OpConfig, SearchSpace
from search_spaces import Block as BlockConfig
from search_spaces.architecture import stem_side
from search_spaces.space import TOTAL_DEPTH
from search_spaces.stage import Shape
from search_spaces.ties import CLOSED, Tie
from supernet.network import Block, freeze
from supernet.operators import MODULES, Place


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
    sequence: bool = False

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """The shape of one input of the part."""
        return 1, self.inputs, 1 if self.sequence else self.side, self.side

    @property
    def operators(self) -> frozenset[str]:
        """The names of the operators that stand in it."""
        configs = self.config.slots().values() if isinstance(self.config, BlockConfig) else (self.config,)
        return frozenset(config.op for config in configs)


def parts(architecture: Architecture) -> Iterator[Part]:
    """Yield the parts of a network in the order in which they run."""
    a = architecture
    line, width, side = a.layout == "sequence", a.stem_width, stem_side(a.resolution, a.stem)
    yield Part(a.resolution, a.channels, width, a.stem["stride"], "stem", a.stem, line)
    for stage, stage_side in zip(a.stages, a.sides, strict=True):
        if stage.downsample is not None:
            yield Part(side, width, stage.width, stage.stride, "downsample", stage.downsample, line)
        side, width = stage_side, stage.width
        for block in stage.blocks:
            yield Part(side, width, width, 1, "block", block, line)
    yield Part(side, width, a.classes, 1, "head", a.head, line)


def build_part(part: Part) -> nn.Module:
    """Return the module of a part in train form and evaluation mode, freshly initialised."""
    config, between = part.config, part.kind == "downsample"
    place = Place(part.inputs, part.outputs, part.stride, part.side, part.sequence, between)
    if isinstance(config, BlockConfig):
        block = Block(place, {slot: (op,) for slot, op in config.slots().items()})
        block.configure(config, part.inputs, part.side)
        return freeze(block).eval()
    module = MODULES[config.op](place, [config])
    module.configure(config, part.inputs, part.outputs)
    return freeze(module).eval()


Value = Callable[[Part], np.ndarray]


def additive_range(space: SearchSpace, value: Value) -> tuple[np.ndarray, np.ndarray]:
    """Return the exact least and greatest sum of ``value`` over the parts of any architecture of ``space``.

    ``value`` maps a part to a vector [K]; each of the K sums has its own extremes. Exact because a part's
    value depends on its own place only, so the best of each stage for each way into it suffices; blocks that ties
    bind to each other are followed from state to state of their ties.
    """
    places = [space.at(resolution) for resolution in space.resolutions]
    low, high = ([_best(place, value, better) for place in places] for better in (np.minimum, np.maximum))
    return np.minimum.reduce(low), np.maximum.reduce(high)


State = tuple[int, int]  # channels that leave a stage, and blocks so far where a rule counts them


def _best(space: SearchSpace, value: Value, better: np.ufunc) -> np.ndarray:
    """Dynamic programme over stages."""
    line, counts = space.layout == "sequence", bool(space.depth_rules)
    widths = {space.stem_width(width) for width in space.stages[0].widths}
    stem = (space.stem["stride"], "stem", space.stem, line)
    states: dict[State, np.ndarray] = {(w, 0): value(Part(space.resolution, space.channels, w, *stem)) for w in widths}
    side = space.stem_side
    for index, stage in enumerate(space.stages):
        new: dict[State, np.ndarray] = {}
        for shape, body in _stage_bests(space, index, value, better).items():
            for (before, depth), total in states.items():
                if shape.downsample is None and before != shape.width:
                    continue
                here = total + body
                if shape.downsample is not None:
                    down = (stage.stride, "downsample", shape.downsample, line)
                    here = here + value(Part(side, before, shape.width, *down))
                _keep(new, (shape.width, depth + shape.depth if counts else 0), here, better)
        states, side = new, stage.side
    ends = [
        total + value(Part(side, width, space.classes, 1, "head", space.head, line))
        for (width, depth), total in states.items()
        if all(rule({TOTAL_DEPTH: depth}) for rule in space.depth_rules)
    ]
    return better.reduce(ends)


def _stage_bests(space: SearchSpace, index: int, value: Value, better: np.ufunc) -> dict[Shape, np.ndarray]:
    """Return, for each shape of a stage, the best sum over its blocks."""
    stage, line = space.stages[index], space.layout == "sequence"
    zero = np.zeros_like(value(Part(stage.side, stage.widths[0], space.classes, 1, "head", space.head, line)))
    bests: dict[Shape, np.ndarray] = {}
    known: dict[Hashable, dict[TiedValues, np.ndarray]] = {}
    for shape in stage.shapes():
        sums: dict[TieStates, np.ndarray] = {tuple(tie.start() for tie in stage.ties): zero}
        for j in range(shape.depth):
            key = stage.option_key(shape, j)
            if key not in known:
                place = (stage.side, shape.width, shape.width, 1, "block")
                blocks = ((block, value(Part(*place, block, line))) for block in stage.blocks(shape, j))
                known[key] = _block_bests(stage.ties, blocks, better)
            sums = _after(stage.ties, sums, j, known[key], better)
        bests[shape] = better.reduce(list(sums.values()))
    return bests


TieStates = tuple[Hashable, ...]  # of each tie: what the blocks so far leave open
TiedValues = tuple[Hashable, ...]  # of each tie: what it reads of a block


def _block_bests(
    ties: Sequence[Tie], blocks: Iterable[tuple[BlockConfig, np.ndarray]], better: np.ufunc
) -> dict[TiedValues, np.ndarray]:
    """Return the best block for each combination of what the ties read of it."""
    bests: dict[TiedValues, np.ndarray] = {}
    for block, cost in blocks:
        slots = block.slots()
        _keep(bests, tuple(tie.tied.value(slots) for tie in ties), cost, better)
    return bests


def _after(
    ties: Sequence[Tie],
    sums: dict[TieStates, np.ndarray],
    number: int,
    blocks: dict[TiedValues, np.ndarray],
    better: np.ufunc,
) -> dict[TieStates, np.ndarray]:
    """Return the best sums after one more block, by the states that the ties are then in."""
    new: dict[TieStates, np.ndarray] = {}
    for (states, total), (values, best) in product(sums.items(), blocks.items()):
        after = tuple(tie.after(state, number, v) for tie, state, v in zip(ties, states, values, strict=True))
        if CLOSED not in after:
            _keep(new, after, total + best, better)
    return new


def _keep(bests: dict[Any, np.ndarray], key: Hashable, found: np.ndarray, better: np.ufunc) -> None:
    bests[key] = better(bests[key], found) if key in bests else found
