"""Ladders: networks from the smallest setting to the largest, of one dimension alone or of all together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from search_spaces.architecture import Architecture, Block
from search_spaces.encoding import Key
from search_spaces.operators import Value
from search_spaces.stage import PartialBlock, Shape, StageSpace, split
from search_spaces.variation import Options, Shaped, draw_part, part_size, place_blocks, shaped_stages

if TYPE_CHECKING:
    from search_spaces.space import SearchSpace

T = TypeVar("T")
_SLOTS = ("mixer", "channel_mixer")
# A band is the kernel of a mixer that is long in one direction.
_PARAMETERS = {"kernel": ("kernel", "band"), "dilation": ("dilation",), "expansion": ("expansion",)}
DIMENSIONS = ("kernel", "dilation", "mixer", "depth", "width", "expansion")


class _NoRungError(Exception):
    """The rest of the network can not stay as it is at this setting."""


def dimension_of(key: Key) -> str:
    """Return the dimension of a gene's key, or "" where it belongs to none of `DIMENSIONS`."""
    last = str(key[-1])
    if last in ("depth", "width") and len(key) == 2:
        return last
    if len(key) < 4 or key[2] not in _SLOTS:
        return ""
    if key[2:] == ("mixer", "op"):
        return "mixer"
    return next((name for name, parameters in _PARAMETERS.items() if last in parameters), "")


def elastic_dimensions(space: SearchSpace) -> tuple[str, ...]:
    """Return those of `DIMENSIONS` in which a space leaves a choice."""
    found = {dimension_of(gene.key) for gene in space.dimensions}
    return tuple(name for name in DIMENSIONS if name in found)


def ladder(space: SearchSpace, base: Architecture, dimension: str, rungs: int) -> list[Architecture]:
    """Return at most ``rungs`` different networks from the smallest setting of a dimension to the largest.

    Every block (or stage) takes the setting of the rung; between the ends, where the steps of the choices are too
    coarse for a rung, the later blocks take the larger one. All else stays as in ``base``; stages that get deeper
    than its own repeat its last block. A setting that is illegal somewhere is left out, or clipped where it is a
    number. The rungs of ``mixer`` are operators in the order of the space, each with its middle parameters.
    """
    found = (at_level(space, base, dimension, float(level)) for level in np.linspace(0, 1, rungs))
    return list(dict.fromkeys(network for network in found if network is not None))


def nested(space: SearchSpace, count: int) -> list[Architecture]:
    """Return at most ``count`` different networks from small to large, each a part of the next.

    They are the largest network at even levels of all dimensions together but the mixer, which has no order: what one
    takes from a supernet without a search (SortedNet, arXiv:2309.00255). A level at which the space has no such
    network is left out.
    """
    found = (_shrunk(space, float(level)) for level in np.linspace(0, 1, count))
    return list(dict.fromkeys(network for network in found if network is not None))


def _shrunk(space: SearchSpace, level: float) -> Architecture | None:
    """Return the largest network of the input side of a level, at that level of each dimension."""
    network = space.at(_at(space.resolutions[::-1], level, 0.5)).largest()
    # Parameters before depths: a block keeps the place, and with it the setting, that it has in the largest network.
    for dimension in sorted(set(elastic_dimensions(space)) - {"mixer"}, key=("depth", "width").__contains__):
        smaller = at_level(space, network, dimension, level)
        if smaller is None:
            return None
        network = smaller
    return network


def draw_base(space: SearchSpace, dimension: str, rng: np.random.Generator) -> Architecture:
    """Draw a network for a ladder: blocks prefer what leaves the dimension's parameter a choice."""
    base = space.sample(rng)
    names = _PARAMETERS.get(dimension, ())
    if not names:
        return base

    def choose(block: int, group: int, allowed: Options) -> PartialBlock:
        settings = Counter(_rest(part, names) for part in allowed)
        return draw_part([part for part in allowed if settings[_rest(part, names)] > 1] or allowed, rng)

    place = space.at(base.resolution)
    stages = zip(place.stages, shaped_stages(base), strict=True)
    return place.assemble([(shape, place_blocks(stage, shape, choose)) for stage, (shape, _) in stages])


def at_level(space: SearchSpace, base: Architecture, dimension: str, level: float) -> Architecture | None:
    """Return ``base`` at one level (0 to 1) of a dimension; None where the space has no such network."""
    place = space.at(base.resolution)
    number = sum(len(stage.blocks) for stage in base.stages)
    stages: list[Shaped] = []
    before = 0
    try:
        for stage, (shape, blocks) in zip(place.stages, shaped_stages(base), strict=True):
            new = _shape(stage, shape, dimension, level, (stage.index + 0.5) / len(place.stages))
            phases = [(before + j + 0.5) / number for j in range(len(blocks))]
            stages.append((new, _blocks(stage, new, blocks, _variants(dimension, level, place), phases)))
            before += len(blocks)
    except _NoRungError:
        return None
    network = place.assemble(stages)
    return network if space.contains(network) else None


def _at(items: Sequence[T], level: float, phase: float) -> T:
    """Return the item at a level (0 to 1); ``phase`` (0 to 1) decides between two neighbours."""
    return items[min(len(items) - 1, int(level * (len(items) - 1) + phase))]


def _shape(stage: StageSpace, shape: Shape, dimension: str, level: float, phase: float) -> Shape:
    """Return the shape at a level of depth or width; a stage without blocks has none to repeat and stays empty."""
    if dimension not in ("depth", "width") or (dimension == "depth" and shape.depth == 0):
        return shape
    others = [field for field in Shape._fields if field != dimension]
    legal = [s for s in stage.shapes() if all(getattr(s, field) == getattr(shape, field) for field in others)]
    return _at(sorted(legal, key=lambda s: (s.width, s.depth)), level, phase)


Variants = Callable[[PartialBlock, Options, float], PartialBlock]


def _blocks(
    stage: StageSpace, shape: Shape, blocks: Sequence[Block], variant: Variants, phases: Sequence[float]
) -> list[Block]:
    parts = [split(block, stage.groups) for block in blocks]

    def choose(block: int, group: int, allowed: Options) -> PartialBlock:
        like = min(block, len(parts) - 1)
        return variant(parts[like][group], allowed, phases[like])

    return place_blocks(stage, shape, choose)


def _variants(dimension: str, level: float, place: SearchSpace) -> Variants:
    """Return how a setting of some slots changes at a level, as a function of (setting, allowed settings, phase)."""
    if dimension == "mixer":
        operator = _at(_mixers(place), level, 0.5)
        return lambda part, allowed, phase: _with_mixer(part, allowed, operator)
    names = _PARAMETERS.get(dimension, ())

    def variant(part: PartialBlock, allowed: Options, phase: float) -> PartialBlock:
        same = [option for option in allowed if _rest(option, names) == _rest(part, names)]
        if not same:
            raise _NoRungError
        return _at(sorted(same, key=lambda option: _setting(option, names)), level, phase)

    return variant


def _mixers(place: SearchSpace) -> list[str]:
    positions = [position for stage in place.stages for position in stage.positions]
    return list(dict.fromkeys(config.op for position in positions for config in position["mixer"]))


def _with_mixer(part: PartialBlock, allowed: Options, operator: str) -> PartialBlock:
    """Return the setting with another mixer; the same where that is illegal, or the mixer is not among its slots."""
    if "mixer" in part:
        found = [o for o in allowed if o["mixer"].op == operator and {**o, "mixer": part["mixer"]} == part]
        if found:
            return sorted(found, key=part_size)[len(found) // 2]
    if part not in allowed:
        raise _NoRungError
    return part


def _rest(part: PartialBlock, names: Sequence[str]) -> tuple[Hashable, ...]:
    """Return what a setting is besides the parameters of a dimension."""
    return tuple(
        (slot, config.op, *(p for p in config.params if not _is(slot, p[0], names))) for slot, config in part.items()
    )


def _setting(part: PartialBlock, names: Sequence[str]) -> tuple[Value, ...]:
    """Return the values of the parameters of a dimension."""
    return tuple(v for slot, config in part.items() for name, v in config.params if _is(slot, name, names))


def _is(slot: str, parameter: str, names: Sequence[str]) -> bool:
    return slot in _SLOTS and parameter in names
