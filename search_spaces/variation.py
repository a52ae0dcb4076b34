"""Drawing and changing architectures: samples, extremes, mutation, crossover. All results are legal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from search_spaces.architecture import Architecture, Block, OpConfig
from search_spaces.stage import PartialBlock, StageSpace, join, split

if TYPE_CHECKING:
    from search_spaces.space import SearchSpace

T = TypeVar("T")
Shaped = tuple[int, list[Block]]
Options = Sequence[PartialBlock]


def _draw(items: Sequence[T], rng: np.random.Generator) -> T:
    return items[int(rng.integers(len(items)))]


def _operators(part: PartialBlock) -> tuple[str, ...]:
    return tuple(config.op for config in part.values())


def _draw_part(options: Options, rng: np.random.Generator) -> PartialBlock:
    """Draw the operators first and then their parameters, so that no operator crowds out the others."""
    operators = _draw(list(dict.fromkeys(map(_operators, options))), rng)
    return _draw([part for part in options if _operators(part) == operators], rng)


def sample_stage(stage: StageSpace, rng: np.random.Generator) -> Shaped:
    """Draw a depth, then a width, then each block."""
    shapes = stage.shapes()
    depth = _draw(sorted({d for _, d in shapes}), rng)
    width = _draw([w for w, d in shapes if d == depth], rng)
    return width, [sample_block(stage, width, depth, j, rng) for j in range(depth)]


def sample_block(stage: StageSpace, width: int, depth: int, block: int, rng: np.random.Generator) -> Block:
    """Draw one legal block."""
    return join([_draw_part(options, rng) for options in stage.options(width, depth, block)])


def _size(part: PartialBlock) -> tuple[float, ...]:
    """Order settings of the same operators: numbers by size, earlier parameters first; words tie."""
    values = [value for config in part.values() for _, value in config.params]
    return tuple(float(value) for value in values if not isinstance(value, str))


def extreme_stage(stage: StageSpace, *, largest: bool, rng: np.random.Generator | None = None) -> Shaped:
    """Return the largest or smallest stage; with ``rng`` its operators are drawn instead of first / last."""
    best = max if largest else min
    width, depth = best(stage.shapes())
    parts = [[_extreme_part(o, largest, rng) for o in stage.options(width, depth, j)] for j in range(depth)]
    return width, [join(part) for part in parts]


def _extreme_part(options: Options, largest: bool, rng: np.random.Generator | None) -> PartialBlock:
    operators = list(dict.fromkeys(map(_operators, options)))
    chosen = _draw(operators, rng) if rng else operators[0 if largest else -1]
    settings = [part for part in options if _operators(part) == chosen]
    return max(settings, key=_size) if largest else min(settings, key=_size)


def _distance(one: PartialBlock, other: PartialBlock) -> tuple[int, float]:
    """How far apart two settings are: operators that differ, then relative change of the parameters."""
    operators = sum(one[slot].op != other[slot].op for slot in one)
    steps = sum(_config_distance(one[slot], other[slot]) for slot in one if one[slot].op == other[slot].op)
    return operators, steps


def _config_distance(one: OpConfig, other: OpConfig) -> float:
    distance = 0.0
    for (_, a), (_, b) in zip(one.params, other.params, strict=True):
        if a != b:
            words = isinstance(a, str) or isinstance(b, str) or isinstance(a, bool)
            distance += 1.0 if words else abs(float(a) - float(b)) / max(abs(float(a)), abs(float(b)))
    return distance


def fit_block(stage: StageSpace, width: int, depth: int, index: int, block: Block) -> Block:
    """Return ``block`` if it is legal at this place, else the nearest block that is."""
    parts = []
    for part, options in zip(split(block, stage.groups), stage.options(width, depth, index), strict=True):
        parts.append(part if part in options else min(options, key=lambda o: _distance(part, o)))
    return join(parts)


def _change_part(options: Options, part: PartialBlock, rng: np.random.Generator) -> PartialBlock:
    """Half of the time step to the nearest settings of the same operators, else draw anew."""
    same = [o for o in options if o != part and _operators(o) == _operators(part)]
    if same and rng.random() < 0.5:
        near = sorted(same, key=lambda o: _distance(part, o))[:4]
        return _draw(near, rng)
    others = [o for o in options if o != part]
    return _draw_part(others, rng) if others else part


def _mutate_stage(stage: StageSpace, shaped: Shaped, rng: np.random.Generator, rate: float) -> Shaped:
    width, blocks = shaped
    depth, shapes = len(blocks), stage.shapes()
    if rng.random() < rate:
        depth = _draw([d for w, d in shapes if w == width], rng)
    if rng.random() < rate:
        width = _draw([w for w, d in shapes if d == depth], rng)
    mutated = []
    for j in range(depth):
        if j >= len(blocks):
            mutated.append(sample_block(stage, width, depth, j, rng))
            continue
        parts = split(fit_block(stage, width, depth, j, blocks[j]), stage.groups)
        options = stage.options(width, depth, j)
        changed = [_change_part(o, p, rng) if rng.random() < rate else p for p, o in zip(parts, options, strict=True)]
        mutated.append(join(changed))
    return width, mutated


def _shaped(architecture: Architecture) -> list[Shaped]:
    return [(stage.width, list(stage.blocks)) for stage in architecture.stages]


def mutate(space: SearchSpace, parent: Architecture, rng: np.random.Generator, rate: float) -> Architecture:
    """See `SearchSpace.mutate`."""
    for attempt in range(20):
        # A rate that changes nothing is raised until something changes.
        used = min(1.0, rate * (1 + attempt))
        pairs = zip(space.stages, _shaped(parent), strict=True)
        child = space.assemble([_mutate_stage(stage, shaped, rng, used) for stage, shaped in pairs])
        if child != parent:
            return child
    return parent


def crossover(space: SearchSpace, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
    """See `SearchSpace.crossover`."""
    stages = []
    for stage, one, two in zip(space.stages, _shaped(first), _shaped(second), strict=True):
        (width, blocks), (_, others) = (one, two) if rng.random() < 0.5 else (two, one)
        depth = len(blocks)
        picked = [others[j] if j < len(others) and rng.random() < 0.5 else blocks[j] for j in range(depth)]
        stages.append((width, [fit_block(stage, width, depth, j, b) for j, b in enumerate(picked)]))
    return space.assemble(stages)
