"""The part of a space in which some dimensions stand at their largest choice (OFA, arXiv:1908.09791)."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from search_spaces.architecture import OpConfig, Stage
from search_spaces.operators import Slot
from search_spaces.stage import StageSpace

if TYPE_CHECKING:
    from search_spaces.space import SearchSpace

Closable = Literal["depth", "width", "expansion"]
Slots = Mapping[Slot, tuple[OpConfig, ...]]


def close(space: SearchSpace, dimensions: Set[Closable]) -> SearchSpace:
    """Return the part of a space of one resolution; its members are members of ``space``.

    Depth and width are those of the largest network; of settings that differ in their expansion alone the one with
    the largest stays. A stage of which some shape has no network with the largest expansions alone keeps them all.
    """
    stages = [_close_shape(s, big, dimensions) for s, big in zip(space.stages, space.largest().stages, strict=True)]
    if "expansion" in dimensions:
        stages = [_close_expansions(stage) for stage in stages]
    return replace(space, stages=tuple(stages), _places={}, _closed={})


def _close_shape(stage: StageSpace, largest: Stage, dimensions: Set[Closable]) -> StageSpace:
    widths = (largest.width,) if "width" in dimensions else stage.widths
    depths = (len(largest.blocks),) if "depth" in dimensions else stage.depths
    positions = stage.positions[: max(depths)]
    return replace(stage, widths=widths, depths=depths, positions=positions, _options={}, _ways={})


def _close_expansions(stage: StageSpace) -> StageSpace:
    positions = tuple(
        {slot: _largest(configs, stage.candidates(j)[slot]) for slot, configs in slots.items()}
        for j, slots in enumerate(stage.positions)
    )
    closed = replace(stage, positions=positions, _options={}, _ways={})
    return closed if closed.shapes() == stage.shapes() else stage


def _largest(configs: tuple[OpConfig, ...], legal: tuple[OpConfig, ...]) -> tuple[OpConfig, ...]:
    """Return the configurations of the largest legal expansion among those that are equal in all else."""
    expansions: dict[OpConfig, float] = {}
    for config in legal:
        rest, expansion = _split(config)
        expansions[rest] = max(expansion, expansions.get(rest, 0.0))
    return tuple(c for c in configs if _split(c)[1] == expansions.get(_split(c)[0], 0.0))


def _split(config: OpConfig) -> tuple[OpConfig, float]:
    """Return a configuration without its expansion, and the expansion (0 where it has none)."""
    rest = OpConfig(config.op, tuple((name, value) for name, value in config.params if name != "expansion"))
    return rest, float(dict(config.params).get("expansion", 0.0))
