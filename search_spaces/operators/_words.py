"""What the words of an operator are: its slots, its parameters with types and ranges, where it is legal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from search_spaces.errors import nearest
from search_spaces.expressions import Expression

Slot = Literal["stem", "downsample", "residual", "position", "mixer", "norm", "gate", "channel_mixer", "head"]
BLOCK_SLOTS: tuple[Slot, ...] = ("residual", "position", "mixer", "norm", "gate", "channel_mixer")
Value = int | float | str | bool


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operator: an enumeration (``values``) or a number between ``low`` and ``high``.

    Files may leave out a parameter with a ``default``; an `OpConfig` always holds it.
    """

    name: str
    summary: str
    values: tuple[Value, ...] = ()
    low: float = 0
    high: float = 0
    integer: bool = True
    odd: bool = False
    default: Value | None = None

    def problem(self, value: Any) -> str | None:
        """Return why ``value`` is illegal, in words that say what would be right; None when it is legal."""
        if self.values:
            known = any(value == v and type(value) is type(v) for v in self.values)
            return None if known else f"expected one of {', '.join(map(value_text, self.values))}, found {value!r}"
        kinds = int if self.integer else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            return f"expected {self.range_text()}, found {value!r}"
        if not self.low <= value <= self.high or (self.odd and value % 2 == 0):
            return f"expected {self.range_text()}, found {value!r}"
        return None

    def range_text(self) -> str:
        """Describe the legal values, for messages and docs."""
        if self.values:
            return f"one of {', '.join(map(value_text, self.values))}"
        kind = ("an odd integer" if self.odd else "an integer") if self.integer else "a number"
        return f"{kind} from {self.low:g} to {self.high:g}"


def value_text(value: Value) -> str:
    """Write a parameter's value as a space file has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _rounded_up(side: int, stride: int, values: Mapping[str, Value]) -> int:
    return -(-side // stride)


@dataclass(frozen=True)
class Operator:
    """The words of an operator.

    ``slots`` are the places that it can fill. ``legal`` are expressions over its parameters, ``side`` (feature
    side in pixels), ``width`` (channels) and ``slot``. ``elastic`` are the parameters whose values share weights in a
    supernet (its width always does); ``merges`` says that the deploy form has other weights than the train form and is
    cheaper (branches made one, norms folded). ``reduced`` gives the side that a stem or downsampling leaves from
    (side, stride, parameters); by default the stride's share rounded up, as convolutions of odd kernels leave.
    """

    name: str
    slots: tuple[Slot, ...]
    summary: str
    paper: str
    parameters: tuple[Parameter, ...] = ()
    legal: tuple[Expression, ...] = ()
    elastic: tuple[str, ...] = ()
    merges: bool = False
    reduced: Callable[[int, int, Mapping[str, Value]], int] = _rounded_up

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of that name. Raises KeyError with the nearest known name."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        names = [p.name for p in self.parameters]
        hint = nearest(name, names) if names else f" ({self.name} takes no parameters)"
        raise KeyError(f"{self.name} has no parameter {name!r}{hint}")
