"""The choices of one stage: which blocks are legal where, counted and listed exactly."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import product
from math import prod
from typing import Any, NamedTuple

from search_spaces.architecture import Block, OpConfig, operator_problem
from search_spaces.expressions import Expression
from search_spaces.operators import BLOCK_SLOTS, OPERATORS, Slot
from search_spaces.ties import CLOSED, State, Tie

PartialBlock = dict[Slot, OpConfig]
States = tuple[State, ...]


class Shape(NamedTuple):
    """What a stage is before its blocks: channels, number of blocks, and how the network gets there."""

    width: int
    depth: int
    downsample: OpConfig | None


def rule_values(slot: Slot, config: OpConfig) -> dict[str, Any]:
    """Return the names that a slot gives to rules.

    Every slot gives its operator under its own name and its parameters with the slot before them
    (``gate_kernel``). A mixer also gives its parameters bare (``kernel``), a channel mixer its ``expansion``.
    """
    values: dict[str, Any] = {slot: config.op}
    for name, value in config.params:
        values[f"{slot}_{name}"] = value
        if slot == "mixer" or (slot, name) == ("channel_mixer", "expansion"):
            values[name] = value
    return values


@cache
def rule_names(slot: Slot) -> frozenset[str]:
    """Return every name that the operators of a slot can give to rules."""
    names = {p.name for op in OPERATORS.values() if slot in op.slots for p in op.parameters}
    bare = names if slot == "mixer" else names & {"expansion"} if slot == "channel_mixer" else set()
    return frozenset({slot, *(f"{slot}_{name}" for name in names), *bare})


CONTEXT_NAMES = frozenset({"side", "width", "depth", "stage", "block", "stride", "resolution"})
SHAPE_NAMES = CONTEXT_NAMES | rule_names("downsample")


@dataclass(frozen=True)
class StageSpace:
    """The choices of one stage.

    ``side`` is the feature side in pixels; ``positions[j][slot]`` are the configurations written for block j.
    Rules and ties that hold slots together put these slots in one group; the options of groups multiply.
    """

    index: int
    side: int
    stride: int
    resolution: int
    widths: tuple[int, ...]
    depths: tuple[int, ...]
    downsamples: tuple[OpConfig | None, ...]
    positions: tuple[Mapping[Slot, tuple[OpConfig, ...]], ...]
    rules: tuple[Expression, ...] = ()
    ties: tuple[Tie, ...] = ()
    _options: dict[Hashable, tuple[tuple[PartialBlock, ...], ...]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _ways: dict[tuple[Shape, int, int, States], int] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def groups(self) -> tuple[tuple[Slot, ...], ...]:
        """Slots joined by the rules that name more than one of them, in slot order."""
        groups: list[set[Slot]] = [{slot} for slot in BLOCK_SLOTS]
        for rule in self.rules:
            touched = [g for g in groups if any(rule.names & rule_names(slot) for slot in g)]
            if len(touched) > 1:
                groups = [g for g in groups if g not in touched] + [set().union(*touched)]
        ordered = sorted(groups, key=lambda g: min(BLOCK_SLOTS.index(slot) for slot in g))
        return tuple(tuple(slot for slot in BLOCK_SLOTS if slot in g) for g in ordered)

    @cached_property
    def _group_ties(self) -> tuple[tuple[Tie, ...], ...]:
        return tuple(tuple(tie for tie in self.ties if tie.tied.slot in group) for group in self.groups)

    def options(self, shape: Shape, block: int) -> tuple[tuple[PartialBlock, ...], ...]:
        """Return, for each group of slots, its legal settings in block number ``block``, ties left aside."""
        if (shape, block) not in self._options:
            key = self.option_key(shape, block)
            if key not in self._options:
                context = {**self._context(shape), "block": block}
                self._options[key] = tuple(self._legal(group, context, block) for group in self.groups)
            self._options[shape, block] = self._options[key]
        return self._options[shape, block]

    def option_key(self, shape: Shape, block: int) -> Hashable:
        """Return what the options of a block depend on: the shape and the place only as far as a rule names them."""
        named = self._named_by_rules
        depth = shape.depth if "depth" in named else None
        number = block if "block" in named else None
        downsample = None if named.isdisjoint(rule_names("downsample")) else shape.downsample
        return shape.width, self._first_equal[block], depth, number, downsample

    @cached_property
    def _named_by_rules(self) -> frozenset[str]:
        return frozenset().union(*(rule.names for rule in self.rules))

    @cached_property
    def _first_equal(self) -> tuple[int, ...]:
        """For each position, the number of the first one with equal configurations."""
        return tuple(self.positions.index(position) for position in self.positions)

    def _context(self, shape: Shape) -> dict[str, Any]:
        context = {"side": self.side, "width": shape.width, "depth": shape.depth, "stage": self.index}
        context |= {"stride": self.stride, "resolution": self.resolution}
        return context if shape.downsample is None else {**context, **rule_values("downsample", shape.downsample)}

    def _legal(self, group: tuple[Slot, ...], context: dict[str, Any], block: int) -> tuple[PartialBlock, ...]:
        slots = self.positions[block]
        place = (self.side, context["width"])
        legal = [[c for c in slots[slot] if operator_problem(c, slot, *place) is None] for slot in group]
        names = frozenset().union(*(rule_names(slot) for slot in group))
        rules = [r for r in self.rules if r.names & names or (r.names <= SHAPE_NAMES and group[0] == BLOCK_SLOTS[0])]
        kept = []
        for configs in product(*legal):
            values = dict(context)
            for slot, config in zip(group, configs, strict=True):
                values |= rule_values(slot, config)
            if all(rule(values) for rule in rules if rule.applies(values)):
                kept.append(dict(zip(group, configs, strict=True)))
        return tuple(kept)

    def start(self) -> tuple[States, ...]:
        """Return the states of the ties of each group before the first block."""
        return tuple(tuple(tie.start() for tie in ties) for ties in self._group_ties)

    def after(self, group: int, states: States, block: int, part: PartialBlock) -> States | None:
        """Return the states of a group's ties after a block, or None when a tie forbids it there."""
        ties = self._group_ties[group]
        new = tuple(tie.after(s, block, tie.tied.value(part)) for tie, s in zip(ties, states, strict=True))
        return None if CLOSED in new else new

    def allowed(self, shape: Shape, block: int, group: int, states: States) -> tuple[PartialBlock, ...]:
        """Return the settings of a group in a block after which the rest of the stage can be completed."""
        options = self.options(shape, block)[group]
        if not self._group_ties[group]:
            return options
        kept = []
        for part in options:
            new = self.after(group, states, block, part)
            if new is not None and self._count_from(shape, block + 1, group, new):
                kept.append(part)
        return tuple(kept)

    def _count_from(self, shape: Shape, block: int, group: int, states: States) -> int:
        """Count the ways to set a group in this block and all after it, under its ties."""
        if not self._group_ties[group]:
            return prod(len(self.options(shape, j)[group]) for j in range(block, shape.depth))
        if block == shape.depth:
            return 1
        key = (shape, block, group, states)
        if key not in self._ways:
            news = (self.after(group, states, block, part) for part in self.options(shape, block)[group])
            self._ways[key] = sum(self._count_from(shape, block + 1, group, new) for new in news if new is not None)
        return self._ways[key]

    def count(self, shape: Shape) -> int:
        """Return the exact number of stages of this shape."""
        return prod(self._count_from(shape, 0, group, states) for group, states in enumerate(self.start()))

    @cached_property
    def _shapes(self) -> tuple[Shape, ...]:
        every = (Shape(*s) for s in product(self.widths, self.depths, self.downsamples))
        return tuple(shape for shape in every if self._possible(shape))

    def _possible(self, shape: Shape) -> bool:
        down = shape.downsample
        if self.side < 1 or (down is not None and operator_problem(down, "downsample", self.side, shape.width)):
            return False
        context = self._context(shape)
        rules = (rule for rule in self.rules if rule.names <= SHAPE_NAMES - {"block"} and rule.applies(context))
        return all(rule(context) for rule in rules) and self.count(shape) > 0

    def misfit(self) -> str | None:
        """Return why the operators of a slot, none of which is legal here at any width, are not; None otherwise."""
        for slot, configs in self._written():
            problems = [
                None if config is None else operator_problem(config, slot, self.side, width)
                for config, width in product(configs, self.widths)
            ]
            if problems and all(problems):
                return f"{slot}: {problems[-1]}"
        return None

    def _written(self) -> Iterator[tuple[Slot, tuple[OpConfig | None, ...]]]:
        """Yield the configurations of every slot of the stage."""
        yield "downsample", self.downsamples
        for position in self.positions:
            yield from position.items()

    def shapes(self) -> tuple[Shape, ...]:
        """Return every shape of which there is at least one legal stage."""
        return self._shapes

    def blocks(self, shape: Shape, block: int) -> Iterator[Block]:
        """Yield every legal block at one position, ties left aside."""
        for parts in product(*self.options(shape, block)):
            yield join(parts)

    def contains(self, shape: Shape, blocks: Sequence[Block]) -> bool:
        """Whether these blocks are a legal stage of this shape."""
        if shape not in self.shapes() or len(blocks) != shape.depth:
            return False
        states: list[States] = list(self.start())
        for j, block in enumerate(blocks):
            for group, part in enumerate(split(block, self.groups)):
                new = self.after(group, states[group], j, part) if part in self.options(shape, j)[group] else None
                if new is None:
                    return False
                states[group] = new
        return True

    def candidates(self, block: int) -> dict[Slot, tuple[OpConfig, ...]]:
        """Return the configurations of each slot that are legal in some shape: what a supernet must hold."""
        found: dict[Slot, dict[OpConfig, None]] = {slot: {} for slot in BLOCK_SLOTS}
        for shape in self.shapes():
            if block < shape.depth:
                for group in self.options(shape, block):
                    for part in group:
                        for slot, config in part.items():
                            found[slot][config] = None
        return {slot: tuple(configs) for slot, configs in found.items()}


def join(parts: Sequence[PartialBlock]) -> Block:
    """Return the block of one setting per group."""
    slots: dict[Slot, OpConfig] = {}
    for part in parts:
        slots |= part
    return Block(**slots)


def split(block: Block, groups: Sequence[Sequence[Slot]]) -> list[PartialBlock]:
    """Return the setting of each group in a block; the inverse of `join`."""
    slots = block.slots()
    return [{slot: slots[slot] for slot in group} for group in groups]
