"""Building an architecture choice by choice: someone else answers, the space says what is still allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from search_spaces.architecture import Architecture, OpConfig
from search_spaces.encoding import Key
from search_spaces.operators import Value
from search_spaces.stage import PartialBlock, Shape, StageSpace
from search_spaces.variation import place_blocks

if TYPE_CHECKING:
    from search_spaces.space import SearchSpace

T = TypeVar("T")
Choose = Callable[[Key, Sequence[Value]], Value]


def compose(space: SearchSpace, choose: Choose) -> Architecture:
    """Return the architecture that ``choose(key, values)`` answers for.

    It is asked for every choice that exists in this architecture, fixed ones too, with the values that rules, ties
    and the answers before still allow, and returns one of them. Keys are those of `Dimension`: the resolution, the
    depths of all stages, then for each stage its width, its downsampling and the slots of its blocks.
    """
    place = space.at(int(choose(("resolution",), space.resolutions)))
    depths = _depths(place, choose)
    stages = []
    for stage, depth in zip(place.stages, depths, strict=True):
        shape = _shape(stage, depth, choose)
        stages.append((shape, place_blocks(stage, shape, _chooser(stage, choose))))
    return place.assemble(stages)


def _depths(place: SearchSpace, choose: Choose) -> list[int]:
    """Ask for the depth of each stage. Without rules over all depths, that of one stage does not limit another's."""
    possible = list(place.depths) if place.depth_rules else []
    depths = []
    for i, stage in enumerate(place.stages):
        values = {d[i] for d in possible} if place.depth_rules else {shape.depth for shape in stage.shapes()}
        depths.append(int(choose((i, "depth"), sorted(values))))
        possible = [d for d in possible if d[i] == depths[i]]
    return depths


def _shape(stage: StageSpace, depth: int, choose: Choose) -> Shape:
    """Ask for the width of a stage, then for its downsampling."""
    shapes = [shape for shape in stage.shapes() if shape.depth == depth]
    width = choose((stage.index, "width"), sorted({shape.width for shape in shapes}))
    left = [shape for shape in shapes if shape.width == width]
    if left[0].downsample is None:
        return left[0]
    return _ask(left, lambda shape: shape.downsample, (stage.index, "downsample"), choose)[0]


def _chooser(stage: StageSpace, choose: Choose) -> Callable[[int, int, Sequence[PartialBlock]], PartialBlock]:
    def part(block: int, group: int, allowed: Sequence[PartialBlock]) -> PartialBlock:
        left = list(allowed)
        for slot in stage.groups[group]:
            left = _ask(left, lambda option, slot=slot: option[slot], (stage.index, block, slot), choose)
        return left[0]

    return part


def _ask(options: list[T], config: Callable[[T], OpConfig | None], key: Key, choose: Choose) -> list[T]:
    """Ask for the operator and then for each of its parameters; return the options that are left."""

    def keep(key: Key, value: Callable[[OpConfig], Value]) -> Value:
        found = [value(c) for c in map(config, options) if c is not None]
        chosen = choose(key, tuple(dict.fromkeys(found)))
        options[:] = [option for option, has in zip(options, found, strict=True) if has == chosen]
        return chosen

    options = list(options)
    op = str(keep((*key, "op"), lambda c: c.op))
    first = config(options[0])
    assert first is not None
    for name, _ in first.params:
        keep((*key, op, name), lambda c, name=name: c[name])
    return options
