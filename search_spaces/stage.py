"""The choices of one stage: which blocks are legal where, counted and listed exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

from search_spaces.architecture import Block, OpConfig, operator_problem
from search_spaces.expressions import Expression
from search_spaces.operators import BLOCK_SLOTS, OPERATORS, Slot

PartialBlock = dict[Slot, OpConfig]


def rule_values(slot: Slot, config: OpConfig) -> dict[str, Any]:
    """Return the names that a slot gives to rules.

    A mixer and a channel mixer give their parameters bare (``kernel``, ``expansion``), other slots with the
    slot before them (``gate_kernel``); every slot gives its operator under the slot's own name.
    """
    prefix = "" if slot in ("mixer", "channel_mixer") else f"{slot}_"
    return {slot: config.op, **{f"{prefix}{name}": value for name, value in config.params}}


def rule_names(slot: Slot) -> frozenset[str]:
    """Return every name that the operators of a slot can give to rules."""
    prefix = "" if slot in ("mixer", "channel_mixer") else f"{slot}_"
    parameters = {f"{prefix}{p.name}" for op in OPERATORS.values() if op.slot == slot for p in op.parameters}
    return frozenset(parameters | {slot})


CONTEXT_NAMES = frozenset({"side", "width", "depth", "stage", "block", "stride", "resolution"})


@dataclass(frozen=True)
class StageSpace:
    """The choices of one stage.

    ``side`` is the feature side in pixels; ``positions[j][slot]`` are the configurations written for block j.
    Rules that tie slots together put these slots in one group; the options of groups multiply.
    """

    index: int
    side: int
    stride: int
    resolution: int
    widths: tuple[int, ...]
    depths: tuple[int, ...]
    positions: tuple[Mapping[Slot, tuple[OpConfig, ...]], ...]
    rules: tuple[Expression, ...] = ()
    _options: dict[tuple[int, int, int], tuple[tuple[PartialBlock, ...], ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

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

    def options(self, width: int, depth: int, block: int) -> tuple[tuple[PartialBlock, ...], ...]:
        """Return, for each group of slots, its legal settings in block number ``block`` of ``depth``."""
        key = (width, depth, block)
        if key not in self._options:
            context = {"side": self.side, "width": width, "depth": depth, "stage": self.index}
            context |= {"block": block, "stride": self.stride, "resolution": self.resolution}
            self._options[key] = tuple(self._legal(group, context, block) for group in self.groups)
        return self._options[key]

    def _legal(self, group: tuple[Slot, ...], context: dict[str, Any], block: int) -> tuple[PartialBlock, ...]:
        slots = self.positions[block]
        legal = [[c for c in slots[slot] if operator_problem(c, self.side, context["width"]) is None] for slot in group]
        names = frozenset().union(*(rule_names(slot) for slot in group))
        rules = [r for r in self.rules if r.names & names or (r.names <= CONTEXT_NAMES and group[0] == "mixer")]
        kept = []
        for configs in product(*legal):
            values = dict(context)
            for slot, config in zip(group, configs, strict=True):
                values |= rule_values(slot, config)
            if all(rule(values) for rule in rules if rule.applies(values)):
                kept.append(dict(zip(group, configs, strict=True)))
        return tuple(kept)

    def feasible(self, width: int, depth: int) -> bool:
        """Whether every block of a stage of this width and depth has at least one legal setting."""
        return all(all(self.options(width, depth, j)) for j in range(depth))

    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Return every feasible (width, depth)."""
        return tuple((w, d) for w in self.widths for d in self.depths if self.feasible(w, d))

    def blocks(self, width: int, depth: int, block: int) -> Iterator[Block]:
        """Yield every legal block at one position."""
        for parts in product(*self.options(width, depth, block)):
            yield join(parts)

    def count(self, width: int, depth: int) -> int:
        """Return the exact number of stages of this width and depth."""
        return prod(len(group) for j in range(depth) for group in self.options(width, depth, j))

    def candidates(self, block: int) -> dict[Slot, tuple[OpConfig, ...]]:
        """Return the configurations of each slot that are legal in some shape: what a supernet must hold."""
        found: dict[Slot, dict[OpConfig, None]] = {slot: {} for slot in BLOCK_SLOTS}
        for width, depth in self.shapes():
            if block < depth:
                for group in self.options(width, depth, block):
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
