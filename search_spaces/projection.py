"""The member of a space that is nearest to a network from elsewhere, such as a published one."""

from __future__ import annotations

import numpy as np

from search_spaces.architecture import Architecture
from search_spaces.encoding import Dimension, values_of
from search_spaces.errors import InputError
from search_spaces.operators import Value
from search_spaces.space import SearchSpace


def nearest_member(space: SearchSpace, architecture: Architecture) -> Architecture:
    """Return the network itself where the space holds it, else one that chooses alike wherever the space lets it.

    A number that is no choice becomes the nearest one; an operator that is none, and what the network lacks, is drawn,
    always in the same way. Raises InputError for another kind of input, and another number of stages.
    """
    if space.contains(architecture):
        return architecture
    if architecture.layout != space.layout:
        raise InputError(f"it is for {architecture.layout}s, and the space {space.name} for {space.layout}s")
    if len(architecture.stages) != len(space.stages):
        raise InputError(
            f"it has {len(architecture.stages)} stages, and networks of the space {space.name} have {len(space.stages)}"
        )
    values = values_of(architecture)
    genes = [_nearest(dimension, values.get(dimension.key)) for dimension in space.dimensions]
    return space.nearest(genes, np.random.default_rng(0))


def shared_choices(space: SearchSpace, architecture: Architecture, member: Architecture) -> tuple[int, int]:
    """Return in how many of a member's choices another network is the same, and how many choices it has."""
    theirs, own = values_of(architecture), values_of(member)
    made = [dimension.key for dimension in space.dimensions if dimension.key in own]
    return sum(own[key] == theirs.get(key) for key in made), len(made)


def _nearest(dimension: Dimension, value: Value | None) -> int:
    """Return the index of a choice, or -1 where none is near."""
    if value in dimension.choices:
        return dimension.choices.index(value)
    if not (_is_number(value) and all(map(_is_number, dimension.choices))):
        return -1
    return int(np.argmin(np.abs(np.array(dimension.choices, dtype=float) - float(value))))  # type: ignore[arg-type]


def _is_number(value: Value | None) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
