"""The words of every operator: one file each, found by name. Adding ``NAME.py`` with ``WORDS`` adds one."""

from __future__ import annotations

import importlib
import pkgutil

from search_spaces.operators._words import BLOCK_SLOTS, Operator, Parameter, Slot, Value, value_text


def _discover() -> dict[str, Operator]:
    found: dict[str, Operator] = {}
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            words = importlib.import_module(f"{__name__}.{module.name}").WORDS
            if words.name != module.name:
                raise ValueError(f"search_spaces/operators/{module.name}.py names its operator {words.name!r}")
            found[words.name] = words
    return found


OPERATORS: dict[str, Operator] = _discover()


def operators_of(slot: Slot) -> tuple[str, ...]:
    """Return the names of the operators that fill ``slot``, sorted."""
    return tuple(sorted(name for name, words in OPERATORS.items() if slot in words.slots))


__all__ = ["BLOCK_SLOTS", "OPERATORS", "Operator", "Parameter", "Slot", "Value", "operators_of", "value_text"]
