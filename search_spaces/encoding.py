"""The gene vector of a space: one integer per choice, -1 where the choice does not exist in the network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from search_spaces.architecture import Architecture, Block, OpConfig
from search_spaces.errors import InputError
from search_spaces.operators import BLOCK_SLOTS, OPERATORS, Slot, Value

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


def _operator_choices(configs: Sequence[OpConfig]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(config.op for config in configs))


def _slot_dimensions(stage: int, block: int, slot: Slot, configs: Sequence[OpConfig]) -> Iterator[Dimension]:
    place = f"stages[{stage}].blocks[{block}].{slot}"
    exists = f"stages[{stage}].depth > {block}"
    operators = _operator_choices(configs)
    yield Dimension(place, operators, exists, (stage, block, slot, "op"))
    for op in operators:
        chosen = [dict(config.params) for config in configs if config.op == op]
        for name in chosen[0]:
            values = tuple(dict.fromkeys(params[name] for params in chosen))
            condition = f"{exists} and {slot} == {op}"
            yield Dimension(f"{place}.{op}.{name}", values, condition, (stage, block, slot, op, name))


def _all_dimensions(space: SearchSpace) -> Iterator[Dimension]:
    for stage in space.stages:
        i = stage.index
        yield Dimension(f"stages[{i}].depth", stage.depths, "", (i, "depth"))
        yield Dimension(f"stages[{i}].width", stage.widths, "", (i, "width"))
        for j, position in enumerate(stage.positions):
            for slot in BLOCK_SLOTS:
                yield from _slot_dimensions(i, j, slot, position[slot])


def dimensions(space: SearchSpace) -> tuple[Dimension, ...]:
    """Return every gene of a space, in a fixed order; fixed values are no genes."""
    return tuple(d for d in _all_dimensions(space) if len(d.choices) > 1)


def _values(architecture: Architecture) -> dict[Key, Value]:
    values: dict[Key, Value] = {}
    for i, stage in enumerate(architecture.stages):
        values[i, "depth"], values[i, "width"] = len(stage.blocks), stage.width
        for j, block in enumerate(stage.blocks):
            for slot, config in block.slots().items():
                values[i, j, slot, "op"] = config.op
                for name, value in config.params:
                    values[i, j, slot, config.op, name] = value
    return values


def encode(space: SearchSpace, architecture: Architecture) -> np.ndarray:
    """See `SearchSpace.encode`."""
    if not space.contains(architecture):
        raise InputError(f"architecture {architecture.digest[:12]} is not in the space {space.name}")
    values = _values(architecture)
    genes = [d.choices.index(values[d.key]) if d.key in values else -1 for d in space.dimensions]
    return np.array(genes, dtype=np.int64)


def decode(space: SearchSpace, genes: Sequence[int] | np.ndarray) -> Architecture:
    """See `SearchSpace.decode`."""
    if len(genes) != len(space.dimensions):
        raise InputError(f"expected {len(space.dimensions)} genes, found {len(genes)}")
    chosen: dict[Key, Value] = {d.key: d.choices[0] for d in _all_dimensions(space) if len(d.choices) == 1}
    for dimension, gene in zip(space.dimensions, genes, strict=True):
        if not -1 <= gene < len(dimension.choices):
            raise InputError(f"gene {dimension.name}: {gene} is not an index into {dimension.choices}")
        if gene >= 0:
            chosen[dimension.key] = dimension.choices[int(gene)]
    try:
        stages = [_decode_stage(chosen, stage.index) for stage in space.stages]
    except KeyError as error:
        raise InputError(f"gene {error.args[0]} is inactive (-1) but its choice exists") from None
    architecture = space.assemble(stages)
    if not space.contains(architecture):
        raise InputError("these genes break a rule of the space")
    return architecture


def _decode_stage(chosen: dict[Key, Value], stage: int) -> tuple[int, list[Block]]:
    depth, width = int(chosen[stage, "depth"]), int(chosen[stage, "width"])
    return width, [_decode_block(chosen, stage, j) for j in range(depth)]


def _decode_block(chosen: dict[Key, Value], stage: int, block: int) -> Block:
    slots = {}
    for slot in BLOCK_SLOTS:
        op = str(chosen[stage, block, slot, "op"])
        names = [parameter.name for parameter in OPERATORS[op].parameters]
        slots[slot] = OpConfig(op, tuple((n, chosen[stage, block, slot, op, n]) for n in names))
    return Block(**slots)
