"""The part of a space in which some dimensions stand at their largest choice (OFA, arXiv:1908.09791)."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from search_spaces.architecture import OpConfig, Stage
from search_spaces.stage import StageSpace

if TYPE_CHECKING:
    from search_spaces.space import SearchSpace

Closable = Literal["depth", "width", "expansion"]


def close(space: SearchSpace, dimensions: Set[Closable]) -> SearchSpace:
    """Return the part of a space of one resolution; its members are members of ``space``.

    Depth and width are those of the largest network; of settings that differ in their expansion alone the one with
    the largest stays. A stage in which some width and depth need another expansion than the largest keeps them all.
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
    leading = [down for down in stage.downsamples if down is not None]
    legal = [shape.downsample for shape in stage.shapes() if shape.downsample is not None]
    downsamples = _largest(leading, legal) if leading else stage.downsamples
    closed = replace(stage, downsamples=downsamples, positions=positions, _options={}, _ways={})
    wanted = [shape for shape in stage.shapes() if shape.downsample in downsamples]
    whole = list(closed.shapes()) == wanted and {s[:2] for s in wanted} == {s[:2] for s in stage.shapes()}
    return closed if whole else stage


def _largest(configs: Sequence[OpConfig], legal: Sequence[OpConfig]) -> tuple[OpConfig, ...]:
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
