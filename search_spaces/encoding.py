"""The gene vector of a space: one integer per choice, -1 where the choice does not exist in the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from search_spaces.architecture import Architecture, Block, OpConfig
from search_spaces.errors import InputError
from search_spaces.operators import BLOCK_SLOTS, OPERATORS, Value
from search_spaces.stage import Shape, StageSpace

if TYPE_CHECKING:
    from search_spaces.space import SearchSpace

Key = tuple[int | str, ...]


@dataclass(frozen=True)
class Dimension:
    """One gene: its name, what it chooses from, and when it exists ("" means always)."""

    name: str
    choices: tuple[Value, ...]
    condition: str
    key: Key

    def value(self, architecture: Architecture) -> Value | None:
        """Return what an architecture chooses; None where the choice does not exist in it."""
        return values_of(architecture).get(self.key)


def _operator_choices(configs: Sequence[OpConfig]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(config.op for config in configs))


def _config_dimensions(place: str, key: Key, condition: str, configs: Sequence[OpConfig]) -> Iterator[Dimension]:
    """Yield the operator of a place and, for each operator, its parameters."""
    operators = _operator_choices(configs)
    yield Dimension(place, operators, condition, (*key, "op"))
    for op in operators:
        chosen = [dict(config.params) for config in configs if config.op == op]
        for name in chosen[0]:
            values = tuple(dict.fromkeys(params[name] for params in chosen))
            when = " and ".join(filter(None, (condition, f"{place.rpartition('.')[2]} == {op}")))
            yield Dimension(f"{place}.{op}.{name}", values, when, (*key, op, name))


def _all_dimensions(space: SearchSpace) -> Iterator[Dimension]:
    yield Dimension("resolution", space.resolutions, "", ("resolution",))
    for stage in space.stages:
        i = stage.index
        downs = [down for down in stage.downsamples if down is not None]
        if downs:
            yield from _config_dimensions(f"stages[{i}].downsample", (i, "downsample"), "", downs)
        yield Dimension(f"stages[{i}].depth", stage.depths, "", (i, "depth"))
        yield Dimension(f"stages[{i}].width", stage.widths, "", (i, "width"))
        for j, position in enumerate(stage.positions):
            for slot in BLOCK_SLOTS:
                where, when = f"stages[{i}].blocks[{j}].{slot}", f"stages[{i}].depth > {j}"
                yield from _config_dimensions(where, (i, j, slot), when, position[slot])


def dimensions(space: SearchSpace) -> tuple[Dimension, ...]:
    """Return every gene of a space, in a fixed order; fixed values are no genes."""
    return tuple(d for d in _all_dimensions(space) if len(d.choices) > 1)


def fixed_values(space: SearchSpace) -> dict[Key, Value]:
    """Return what is the same in every network of a space, by the key of its dimension."""
    return {d.key: d.choices[0] for d in _all_dimensions(space) if len(d.choices) == 1}


def values_of(architecture: Architecture) -> dict[Key, Value]:
    """Return every choice that exists in an architecture, fixed ones too, by the key of its dimension."""
    values: dict[Key, Value] = {("resolution",): architecture.resolution}
    for i, stage in enumerate(architecture.stages):
        values[i, "depth"], values[i, "width"] = len(stage.blocks), stage.width
        places: dict[Key, OpConfig] = {} if stage.downsample is None else {(i, "downsample"): stage.downsample}
        for j, block in enumerate(stage.blocks):
            places |= {(i, j, slot): config for slot, config in block.slots().items()}
        for key, config in places.items():
            values |= config_values(key, config)
    return values


def config_values(key: Key, config: OpConfig) -> dict[Key, Value]:
    """Return what an operator at a place chooses, by the keys of its dimensions."""
    return {(*key, "op"): config.op, **{(*key, config.op, name): value for name, value in config.params}}


def encode(space: SearchSpace, architecture: Architecture) -> np.ndarray:
    """See `SearchSpace.encode`."""
    if not space.contains(architecture):
        raise InputError(f"architecture {architecture.digest[:12]} is not in the space {space.name}")
    values = values_of(architecture)
    genes = [d.choices.index(values[d.key]) if d.key in values else -1 for d in space.dimensions]
    return np.array(genes, dtype=np.int64)


def completed(space: SearchSpace, genes: Sequence[int] | np.ndarray, rng: np.random.Generator) -> dict[Key, Value]:
    """Return a value for every gene and every fixed choice; what ``genes`` leaves open (-1) is drawn."""
    chosen = dict(space.fixed_values)
    for dimension, gene in zip(space.dimensions, genes, strict=True):
        drawn = int(rng.integers(len(dimension.choices))) if gene < 0 else int(gene)
        chosen[dimension.key] = dimension.choices[drawn]
    return chosen


def decode(space: SearchSpace, genes: Sequence[int] | np.ndarray) -> Architecture:
    """See `SearchSpace.decode`."""
    if len(genes) != len(space.dimensions):
        raise InputError(f"expected {len(space.dimensions)} genes, found {len(genes)}")
    chosen = dict(space.fixed_values)
    for dimension, gene in zip(space.dimensions, genes, strict=True):
        if not -1 <= gene < len(dimension.choices):
            raise InputError(f"gene {dimension.name}: {gene} is not an index into {dimension.choices}")
        if gene >= 0:
            chosen[dimension.key] = dimension.choices[int(gene)]
    place = space.at(int(chosen["resolution",]))
    try:
        stages = [stage_of(chosen, stage) for stage in place.stages]
    except KeyError as error:
        raise InputError(f"gene {error.args[0]} is inactive (-1) but its choice exists") from None
    architecture = place.assemble(stages)
    if not space.contains(architecture):
        raise InputError("these genes break a rule of the space")
    return architecture


def stage_of(chosen: Mapping[Key, Value], stage: StageSpace) -> tuple[Shape, list[Block]]:
    """Return the shape and the blocks of a stage by the values of its dimensions. Raises KeyError for one missing."""
    i = stage.index
    depth, width = int(chosen[i, "depth"]), int(chosen[i, "width"])
    downsample = None if stage.downsamples == (None,) else _decode_config(chosen, (i, "downsample"))
    blocks = [Block(**{slot: _decode_config(chosen, (i, j, slot)) for slot in BLOCK_SLOTS}) for j in range(depth)]
    return Shape(width, depth, downsample), blocks


def _decode_config(chosen: Mapping[Key, Value], key: Key) -> OpConfig:
    op = str(chosen[*key, "op"])
    names = [parameter.name for parameter in OPERATORS[op].parameters]
    return OpConfig(op, tuple((name, chosen[*key, op, name]) for name in names))
