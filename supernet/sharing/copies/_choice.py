"""The choice of a space by whose value networks are told apart: one gene, all depths, or all downsamplings."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

from search_spaces import Architecture, InputError, SearchSpace
from search_spaces.encoding import Dimension
from search_spaces.errors import nearest


class Choice:
    """The values of one choice of a space, in a fixed order.

    ``name`` is ``depths`` (the blocks of every stage: where the network downsamples), ``downsamplings`` (the operators
    of every stage), or that of a gene (`SearchSpace.dimensions`); a gene that some networks do not have has the value
    None there. Raises InputError for another name and for a choice of one value.
    """

    def __init__(self, space: SearchSpace, name: str):
        whole = {"depths": (_all_depths, _depths), "downsamplings": (_all_downsamplings, _downsamplings)}
        genes = {dimension.name: dimension for dimension in space.dimensions}
        if name in genes:
            values, self._value = _gene_values(space, genes[name]), genes[name].value
        elif name in whole:
            list_values, self._value = whole[name]
            values = list_values(space)
        else:
            raise InputError(f"choice {name!r} is unknown in the space {space.name}{nearest(name, (*whole, *genes))}")
        if len(values) < 2:
            raise InputError(f"choice {name!r} has one value in the space {space.name}: {values[0]}")
        self.values: tuple[Any, ...] = tuple(values)
        self._indices = {value: index for index, value in enumerate(self.values)}

    _value: Callable[[Architecture], Any]

    def index(self, architecture: Architecture) -> int:
        """Return the index in ``values`` of the value that an architecture of the space has."""
        return self._indices[self._value(architecture)]


def _depths(architecture: Architecture) -> tuple[int, ...]:
    return tuple(len(stage.blocks) for stage in architecture.stages)


def _all_depths(space: SearchSpace) -> list[Any]:
    return sorted({depths for resolution in space.resolutions for depths in space.at(resolution).depths})


def _downsamplings(architecture: Architecture) -> tuple[str | None, ...]:
    return tuple(stage.downsample and stage.downsample.op for stage in architecture.stages)


def _all_downsamplings(space: SearchSpace) -> list[Any]:
    options = [dict.fromkeys(down and down.op for down in stage.downsamples) for stage in space.stages]
    return list(product(*options))


def _gene_values(space: SearchSpace, gene: Dimension) -> list[Any]:
    return [*gene.choices, None] if _may_be_absent(space, gene) else list(gene.choices)


def _may_be_absent(space: SearchSpace, gene: Dimension) -> bool:
    """Whether some networks do not have this gene: for want of its block, or of its operator."""
    stage, *place = gene.key
    if place and isinstance(place[0], int) and min(space.stages[int(stage)].depths) <= place[0]:
        return True
    return any(other.key == (*gene.key[:-2], "op") for other in space.dimensions if other is not gene)
