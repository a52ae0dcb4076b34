"""Drawing and changing architectures: samples, extremes, mutation, crossover. All results are legal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np

from search_spaces.architecture import Architecture, Block, OpConfig
from search_spaces.stage import PartialBlock, Shape, StageSpace, join, split

if TYPE_CHECKING:
    from search_spaces.space import SearchSpace

T = TypeVar("T")
Shaped = tuple[Shape, list[Block]]
Options = Sequence[PartialBlock]


def _draw(items: Sequence[T], rng: np.random.Generator) -> T:
    return items[int(rng.integers(len(items)))]


def _operators(part: PartialBlock) -> tuple[str, ...]:
    return tuple(config.op for config in part.values())


def draw_part(options: Options, rng: np.random.Generator) -> PartialBlock:
    """Draw the operators first and then their parameters, so that no operator crowds out the others."""
    operators = _draw(list(dict.fromkeys(map(_operators, options))), rng)
    return _draw([part for part in options if _operators(part) == operators], rng)


def sample_shape(stage: StageSpace, rng: np.random.Generator, depth: int | None = None) -> Shape:
    """Draw a depth (unless it is given), then a width, then a downsampling."""
    shapes = stage.shapes()
    if depth is None:
        depth = _draw(sorted({shape.depth for shape in shapes}), rng)
    width = _draw(sorted({shape.width for shape in shapes if shape.depth == depth}), rng)
    return _draw([shape for shape in shapes if (shape.width, shape.depth) == (width, depth)], rng)


def sample_stage(stage: StageSpace, rng: np.random.Generator, depth: int | None = None) -> Shaped:
    """Draw a shape, then each block."""
    shape = sample_shape(stage, rng, depth)
    return shape, place_blocks(stage, shape, lambda j, g, allowed: draw_part(allowed, rng))


Choose = Callable[[int, int, Options], PartialBlock]


def place_blocks(stage: StageSpace, shape: Shape, choose: Choose) -> list[Block]:
    """Return the blocks of a stage; ``choose(block, group, allowed)`` picks each part among those still allowed."""
    states, blocks = list(stage.start()), []
    for j in range(shape.depth):
        parts = []
        for group in range(len(stage.groups)):
            part = choose(j, group, stage.allowed(shape, j, group, states[group]))
            after = stage.after(group, states[group], j, part)
            assert after is not None
            states[group] = after
            parts.append(part)
        blocks.append(join(parts))
    return blocks


def part_size(part: PartialBlock) -> tuple[float, ...]:
    """Order settings of the same operators: numbers by size, earlier parameters first; words tie."""
    values = [value for config in part.values() for _, value in config.params]
    return tuple(float(value) for value in values if not isinstance(value, str))


def extreme_stage(
    stage: StageSpace, *, largest: bool, rng: np.random.Generator | None = None, depth: int | None = None
) -> Shaped:
    """Return the largest or smallest stage; with ``rng`` its operators are drawn instead of first / last."""
    shapes = [shape for shape in stage.shapes() if depth in (None, shape.depth)]
    width, depth = (max if largest else min)((shape.width, shape.depth) for shape in shapes)
    shapes = [shape for shape in shapes if (shape.width, shape.depth) == (width, depth)]
    shape = _extreme_shape(shapes, largest)
    return shape, place_blocks(stage, shape, lambda j, g, allowed: _extreme_part(allowed, largest, rng))


def _extreme_shape(shapes: Sequence[Shape], largest: bool) -> Shape:
    """Return the shape with the largest setting of the downsampling listed first, or the smallest of the last."""
    operator = (shapes[0] if largest else shapes[-1]).downsample
    if operator is None:
        return shapes[0]
    same = [shape for shape in shapes if shape.downsample is not None and shape.downsample.op == operator.op]
    return (max if largest else min)(
        same, key=lambda shape: part_size({"downsample": cast(OpConfig, shape.downsample)})
    )


def _extreme_part(options: Options, largest: bool, rng: np.random.Generator | None) -> PartialBlock:
    operators = list(dict.fromkeys(map(_operators, options)))
    chosen = _draw(operators, rng) if rng else operators[0 if largest else -1]
    settings = [part for part in options if _operators(part) == chosen]
    return max(settings, key=part_size) if largest else min(settings, key=part_size)


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


def _fit_part(part: PartialBlock, allowed: Options) -> PartialBlock:
    """Return ``part`` if it is allowed, else the nearest setting that is."""
    return part if part in allowed else min(allowed, key=lambda option: _distance(part, option))


def fit_stage(stage: StageSpace, shape: Shape, blocks: Sequence[Block], rng: np.random.Generator) -> list[Block]:
    """Return the legal blocks nearest to ``blocks``; missing ones are drawn."""
    parts = [split(block, stage.groups) for block in blocks]

    def choose(block: int, group: int, allowed: Options) -> PartialBlock:
        return _fit_part(parts[block][group], allowed) if block < len(parts) else draw_part(allowed, rng)

    return place_blocks(stage, shape, choose)


def _change_part(options: Options, part: PartialBlock, rng: np.random.Generator) -> PartialBlock:
    """Half of the time step to the nearest settings of the same operators, else draw anew."""
    same = [o for o in options if o != part and _operators(o) == _operators(part)]
    if same and rng.random() < 0.5:
        near = sorted(same, key=lambda o: _distance(part, o))[:4]
        return _draw(near, rng)
    others = [o for o in options if o != part]
    return draw_part(others, rng) if others else part


def _mutate_shape(stage: StageSpace, shape: Shape, rng: np.random.Generator, rate: float) -> Shape:
    shapes = stage.shapes()
    for axis in ("depth", "width", "downsample"):
        if rng.random() < rate:
            rest = [name for name in Shape._fields if name != axis]
            shape = _draw([s for s in shapes if all(getattr(s, n) == getattr(shape, n) for n in rest)], rng)
    return shape


def _mutate_stage(stage: StageSpace, shaped: Shaped, rng: np.random.Generator, rate: float) -> Shaped:
    shape = _mutate_shape(stage, shaped[0], rng, rate)
    parts = [split(block, stage.groups) for block in shaped[1]]

    def choose(block: int, group: int, allowed: Options) -> PartialBlock:
        if block >= len(parts):
            return draw_part(allowed, rng)
        part = _fit_part(parts[block][group], allowed)
        return _change_part(allowed, part, rng) if rng.random() < rate else part

    return shape, place_blocks(stage, shape, choose)


def shaped_stages(architecture: Architecture) -> list[Shaped]:
    """Return the shape and the blocks of each stage."""
    return [
        (Shape(stage.width, len(stage.blocks), stage.downsample), list(stage.blocks)) for stage in architecture.stages
    ]


def refit(space: SearchSpace, stages: Sequence[Shaped], rng: np.random.Generator, resolution: int) -> Architecture:
    """Return the legal network nearest to these stages at a resolution: shapes, depths and blocks are repaired."""
    place = space.at(resolution)
    shapes = [_nearest_shape(stage, shape) for stage, (shape, _) in zip(place.stages, stages, strict=True)]
    depths = space.nearest_depths([shape.depth for shape in shapes], resolution)
    fitted = []
    for stage, shape, depth, (_, blocks) in zip(place.stages, shapes, depths, stages, strict=True):
        shape = shape if shape.depth == depth else _nearest_shape(stage, shape, depth)
        fitted.append((shape, fit_stage(stage, shape, blocks, rng)))
    return place.assemble(fitted)


def _nearest_shape(stage: StageSpace, shape: Shape, depth: int | None = None) -> Shape:
    """Return the possible shape (of a depth) that differs in the fewest fields, then in size."""

    def distance(other: Shape) -> tuple[int, int]:
        fields = sum(a != b for a, b in zip(shape, other, strict=True))
        return fields, abs(other.width - shape.width) + abs(other.depth - shape.depth)

    return min((s for s in stage.shapes() if depth in (None, s.depth)), key=distance)


def mutate(space: SearchSpace, parent: Architecture, rng: np.random.Generator, rate: float) -> Architecture:
    """See `SearchSpace.mutate`."""
    place = space.at(parent.resolution)
    for attempt in range(20):
        # A rate that changes nothing is doubled until something changes.
        used = min(1.0, rate * 2**attempt)
        stages = [
            _mutate_stage(s, shaped, rng, used) for s, shaped in zip(place.stages, shaped_stages(parent), strict=True)
        ]
        resolution = _draw(space.resolutions, rng) if rng.random() < used else parent.resolution
        moved = resolution != parent.resolution or space.depth_rules  # else every stage is legal as it is
        child = refit(space, stages, rng, resolution) if moved else place.assemble(stages)
        if child != parent:
            return child
    return parent


def crossover(space: SearchSpace, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
    """See `SearchSpace.crossover`."""
    stages = []
    for one, two in zip(shaped_stages(first), shaped_stages(second), strict=True):
        (shape, blocks), (_, others) = (one, two) if rng.random() < 0.5 else (two, one)
        picked = [others[j] if j < len(others) and rng.random() < 0.5 else b for j, b in enumerate(blocks)]
        stages.append((shape, picked))
    return refit(space, stages, rng, (first if rng.random() < 0.5 else second).resolution)
