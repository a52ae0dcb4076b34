"""Configurations and places for the tests that run over every operator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from search_spaces import Block as BlockConfig
from search_spaces.architecture import DEFAULTS, OpConfig, op_config, operator_problem
from search_spaces.operators import BLOCK_SLOTS, OPERATORS, Operator, Parameter, Slot, Value
from supernet.network import Block
from supernet.operators import MODULES, Place

SIDE = 12
WIDTHS = (64, 32)  # the width that a module is built for, and one that is then active
INPUTS = 3
CLASSES = 10


@dataclass(frozen=True)
class Case:
    """An operator in one of its slots with configurations to choose from (one for stems and heads)."""

    slot: Slot
    configs: tuple[OpConfig, ...]
    side: int = SIDE
    width: int = WIDTHS[0]

    @property
    def name(self) -> str:
        """What pytest calls it."""
        return f"{self.slot}-{self.configs[0].op}"

    @property
    def place(self) -> Place:
        """Where it stands."""
        if self.slot == "stem":
            width = dict(self.configs[0].params).get("width") or self.width
            return Place(INPUTS, int(width), self.configs[0]["stride"], 4 * self.side)
        if self.slot == "downsample":
            return Place(max(1, self.width // 2), self.width, 2, self.side, between=True)
        return Place(self.width, CLASSES if self.slot == "head" else self.width, 1, self.side)

    def at(self, side: int) -> Case | None:
        """Return the case at another side with the configurations that are legal there; None where none is."""
        place = replace(self, side=side).place
        legal = [c for c in self.configs if operator_problem(c, self.slot, place.side, place.outputs) is None]
        return replace(self, side=side, configs=tuple(legal)) if legal else None

    def least(self, side: int, width: int) -> Case | None:
        """Return the case at an odd place with the least of every parameter; None where that is illegal."""
        words = OPERATORS[self.configs[0].op]
        values = {"op": words.name, **{parameter.name: _few(parameter)[0] for parameter in words.parameters}}
        config = op_config(self.slot, values, words.name)
        case = replace(self, side=side, width=width, configs=(config,))
        reduced = words.reduced(side, 2, dict(config.params)) if self.slot == "downsample" else side
        legal = reduced and operator_problem(config, self.slot, reduced, case.place.outputs) is None
        return case if legal else None

    def channels(self) -> Iterator[tuple[int, int]]:
        """Yield active (inputs, outputs): the full ones and, where they are elastic, smaller ones."""
        place = self.place
        yield place.inputs, place.outputs
        if self.slot == "stem" and not dict(self.configs[0].params).get("width"):
            yield place.inputs, WIDTHS[1]
        elif self.slot == "downsample":
            yield place.inputs // 2, place.outputs // 2
        elif self.slot != "stem":
            yield WIDTHS[1], place.outputs if self.slot == "head" else WIDTHS[1]

    def build(self) -> Any:
        """Return the elastic module; for a block's operator, a block with nothing else in it."""
        if self.slot not in BLOCK_SLOTS:
            return MODULES[self.configs[0].op](self.place, self.configs)
        return Block(
            self.place, {**{slot: (config,) for slot, config in self._others().items()}, self.slot: self.configs}
        )

    def configure(self, module: Any, config: OpConfig, inputs: int, outputs: int, side: int | None = None) -> None:
        """Choose one configuration, the active channels and the side of the input (that of the place otherwise)."""
        side = side or self.place.side
        if self.slot not in BLOCK_SLOTS:
            module.side = side
            module.configure(config, inputs, outputs)
            return
        module.configure(BlockConfig(**{**self._others(), self.slot: config}), inputs, side)

    def _others(self) -> dict[Slot, OpConfig]:
        """Return what fills the slots of the block: nothing, but a convolution after a norm, to be folded into."""
        filled: dict[Slot, dict[str, Value]] = {slot: DEFAULTS.get(slot, {"op": "identity"}) for slot in BLOCK_SLOTS}
        if self.slot == "norm":
            filled["channel_mixer"] = {"op": "mlp", "expansion": 1, "activation": "relu"}
        return {slot: op_config(slot, value, slot) for slot, value in filled.items()}


def cases() -> list[Case]:
    """Return every operator in every slot that it can fill."""
    return [Case(slot, configs_of(words, slot)) for words in OPERATORS.values() for slot in words.slots]


def configs_of(words: Operator, slot: Slot, count: int = 4) -> tuple[OpConfig, ...]:
    """Return up to ``count`` different legal configurations that between them vary every parameter."""
    rng = np.random.default_rng(0)
    choices = [_few(parameter) for parameter in words.parameters]
    every = list(product(*choices)) if np.prod([len(c) for c in choices] or [1]) <= 4096 else []
    drawn = [every[i] for i in rng.permutation(len(every))] if every else _draws(choices, rng)
    found: dict[OpConfig, None] = {}
    for values in drawn:
        named = {p.name: v for p, v in zip(words.parameters, values, strict=True)}
        config = op_config(slot, {"op": words.name, **named}, words.name)
        if _legal(config, slot):
            found[config] = None
        if len(found) == (1 if slot in ("stem", "head") else count):
            break
    assert found, f"{words.name} has no legal configuration at side {SIDE} and widths {WIDTHS}"
    return tuple(found)


def _legal(config: OpConfig, slot: Slot) -> bool:
    return all(operator_problem(config, slot, SIDE, width) is None for width in (*WIDTHS, WIDTHS[1] // 2))


def neighbours(case: Case, name: str) -> Iterator[tuple[OpConfig, OpConfig]]:
    """Yield legal configurations of a case's operator that differ in one parameter."""
    words = OPERATORS[case.configs[0].op]
    for config in configs_of(words, case.slot, count=64):
        for value in _few(words.parameter(name)):
            other = op_config(case.slot, {**config.to_dict(), name: value}, words.name)
            if value != config[name] and _legal(other, case.slot):
                yield config, other


def _draws(choices: list[list[Any]], rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    for _ in range(4096):
        yield tuple(c[int(rng.integers(len(c)))] for c in choices)


def _few(parameter: Parameter) -> list[Any]:
    """Return some small legal values of a parameter."""
    if parameter.values:
        return list(parameter.values)
    step = 2 if parameter.odd else 1
    low = int(parameter.low) + (parameter.odd and parameter.low % 2 == 0)
    small = [low, low + step, low + 3 * step, parameter.default]
    if not parameter.integer:
        small = [parameter.low, (parameter.low + min(parameter.high, 4)) / 2, parameter.default]
    return [v for v in dict.fromkeys(small) if v is not None and parameter.problem(v) is None]
