"""What a search is for: two or three objectives, and constraints on the columns of an evaluation.

Latency is a column of a device. Where there are several, ``latency_ms@NAME`` is that of one of them, and ``latency_ms``
alone that of the device whose front it is about.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.fronts import Objective
from search_spaces.errors import InputError, nearest

Floats = NDArray[np.float64]

OBJECTIVES: dict[str, Objective] = {
    objective.name: objective
    for objective in (
        Objective("accuracy", "max", "fraction", "evaluated"),
        Objective("latency_ms", "min", "ms", "predicted"),
        Objective("macs", "min", "MACs", "exact"),
        Objective("params", "min", "parameters", "exact"),
    )
}
COLUMNS = (*OBJECTIVES, "activations")  # what a constraint may name
LATENCY = "latency_ms"
_ALIASES = {"latency": LATENCY}
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_SUFFIX = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}
_CONSTRAINT = re.compile(r"\s*([A-Za-z_]\w*(?:@[\w.-]+)?)\s*(<=|>=|<|>)\s*([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*([kKMG]?)\s*")
_LEAST_VIOLATION = 1e-9


@dataclass(frozen=True)
class Constraint:
    """A bound on one column, such as ``latency_ms <= 5``."""

    name: str
    comparison: str
    bound: float
    text: str

    @property
    def upper(self) -> bool:
        """Whether values above the bound are the wrong ones."""
        return self.comparison.startswith("<")

    def holds(self, value: float) -> bool:
        """Whether a value satisfies the constraint; a value that is not a number does not."""
        return _COMPARE[self.comparison](value, self.bound)

    def on(self, device: str) -> Constraint:
        """Return the same bound on the column of a device."""
        name = at(self.name, device)
        return replace(self, name=name, text=f"{name} {self.comparison} {self.bound:g}")

    def violations(self, values: Floats) -> Floats:
        """Return how far each value [N] is beyond the bound, as a share of the bound; 0 where it holds."""
        values = np.asarray(values, dtype=np.float64)
        excess = (values - self.bound if self.upper else self.bound - values) / (abs(self.bound) or 1.0)
        # A strict bound that is just met is violated by nothing, yet it is violated.
        return np.where(_COMPARE[self.comparison](values, self.bound), 0.0, np.maximum(excess, _LEAST_VIOLATION))


@dataclass(frozen=True)
class Problem:
    """Two or three objectives and any number of constraints."""

    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the objectives, in the user's order."""
        return tuple(objective.name for objective in self.objectives)

    @property
    def directions(self) -> tuple[str, ...]:
        """ "max" or "min" for each objective."""
        return tuple(objective.direction for objective in self.objectives)

    def values(self, metrics: Mapping[str, float]) -> list[float]:
        """Return the objectives of one evaluation, in their own units."""
        return [float(metrics[name]) for name in self.names]

    def minimised(self, columns: Mapping[str, Floats]) -> Floats:
        """Return the objectives [N,M] of columns [N], those that are maximised with their sign changed."""
        signs = (-1.0 if direction == "max" else 1.0 for direction in self.directions)
        return np.stack(
            [sign * np.asarray(columns[name]) for name, sign in zip(self.names, signs, strict=True)], axis=1
        )

    def violations(self, columns: Mapping[str, Floats]) -> Floats | float:
        """Return the summed violation [N] of the constraints; each is a share of its bound, 0 is feasible.

        Constraints on other columns are not judged: before an evaluation, those on accuracy.
        """
        return sum(c.violations(columns[c.name]) for c in self.constraints if c.name in columns)

    def feasible(self, metrics: Mapping[str, float]) -> bool:
        """Whether every constraint on a column of ``metrics`` holds."""
        return all(c.holds(float(metrics[c.name])) for c in self.constraints if c.name in metrics)

    def fronts(self, devices: Sequence[str]) -> dict[str, Problem]:
        """Return the problem of each front by the name of its device.

        There is one a device where latency as such is an objective and there are several devices, else one without a
        device, "". What is said of latency as such holds for each device of a front.
        """
        if len(devices) > 1 and LATENCY in self.names:
            return {device: self._on([device]) for device in devices}
        return {"": self._on(devices)}

    def _on(self, devices: Sequence[str]) -> Problem:
        """Return the problem with the columns of devices in the place of latency as such."""
        if not devices:
            return self
        objectives = tuple(replace(o, name=at(o.name, devices[0])) if o.name == LATENCY else o for o in self.objectives)
        bounds = [[c.on(device) for device in devices] if c.name == LATENCY else [c] for c in self.constraints]
        return Problem(objectives, tuple(constraint for each in bounds for constraint in each))

    def check_reachable(self, ranges: Mapping[str, tuple[float, float]]) -> None:
        """Raise InputError when a constraint excludes the whole range that a space can reach.

        ``ranges`` gives (lowest, highest) per column; constraints on other columns are not judged.
        """
        for constraint in self.constraints:
            if constraint.name in ranges:
                _check_reachable(constraint, *ranges[constraint.name])


def at(column: str, device: str) -> str:
    """Return the name of a column of latency on a device; "" is the only one."""
    return f"{column}@{device}" if device else column


def parse_problem(objectives: str, constraints: Sequence[str] = (), devices: Sequence[str] = ()) -> Problem:
    """Return the problem of ``"accuracy,latency_ms"`` and ``["macs <= 20M"]``. Raises InputError.

    ``devices`` are the names of several, which both may name (``latency_ms@NAME``).
    """
    parsed = tuple(parse_constraint(text, devices) for text in constraints)
    problem = Problem(parse_objectives(objectives, devices), parsed)
    for front in problem.fronts(devices).values():
        _check_consistent(front.constraints)
    return problem


def parse_objectives(text: str, devices: Sequence[str] = ()) -> tuple[Objective, ...]:
    """Read ``"accuracy,latency_ms,macs"``. Raises InputError for unknown, doubled, too few or too many names."""
    known = _with_devices(tuple(OBJECTIVES), devices)
    names = [_known(part.strip(), known, "objective") for part in text.split(",")]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"objectives {text!r}: {name!r} stands there twice")
    if not 2 <= len(names) <= 3:
        raise InputError(
            f"objectives {text!r}: expected 2 or 3 names, found {len(names)}; choose from {', '.join(OBJECTIVES)}"
        )
    named = [name for name in names if name.startswith(f"{LATENCY}@")]
    if named and LATENCY in names:
        raise InputError(
            f"objectives {text!r}: {LATENCY} asks for a front of each device, {named[0]} for one front of named "
            "devices: use one of them"
        )
    return tuple(replace(OBJECTIVES[name.partition("@")[0]], name=name) for name in names)


def parse_constraint(text: str, devices: Sequence[str] = ()) -> Constraint:
    """Read ``"latency_ms <= 5"`` or ``"macs < 20M"``. Raises InputError saying what was expected."""
    match = _CONSTRAINT.fullmatch(text)
    if match is None:
        raise InputError(
            f"constraint {text!r}: expected a column, one of <= < >= >, and a number with an optional k, M "
            "or G, such as 'latency_ms <= 5' or 'macs < 20M'"
        )
    column, comparison, digits, suffix = match.groups()
    name = _known(column, _with_devices(COLUMNS, devices), f"constraint {text!r}: column")
    try:
        bound = float(digits) * _SUFFIX[suffix]
    except ValueError:
        raise InputError(f"constraint {text!r}: {digits!r} is not a number") from None
    _check_bound(name, bound, text)
    return Constraint(name, comparison, bound, text.strip())


def _with_devices(columns: tuple[str, ...], devices: Sequence[str]) -> tuple[str, ...]:
    return (*columns, *(at(LATENCY, device) for device in devices))


def _known(name: str, known: tuple[str, ...], what: str) -> str:
    column, _, device = name.partition("@")
    name = at(_ALIASES.get(column, column), device)
    if name not in known:
        raise InputError(f"{what} {name!r} is unknown{nearest(name, known)}")
    return name


def _check_bound(name: str, bound: float, text: str) -> None:
    if not 0 < bound < float("inf"):
        raise InputError(f"constraint {text!r}: the bound must be a positive number")
    if name == "accuracy" and bound > 1:
        raise InputError(f"constraint {text!r}: accuracy is a fraction from 0 to 1, such as 0.9")


def _check_consistent(constraints: Sequence[Constraint]) -> None:
    """Two bounds on one column that exclude each other are an impossible problem in any space."""
    for high in (c for c in constraints if c.upper):
        for low in (c for c in constraints if not c.upper and c.name == high.name):
            meet = high.bound == low.bound and high.comparison == "<=" and low.comparison == ">="
            if low.bound >= high.bound and not meet:
                raise InputError(f"constraints {low.text!r} and {high.text!r} exclude each other")


def _check_reachable(constraint: Constraint, low: float, high: float) -> None:
    if not constraint.holds(low if constraint.upper else high):
        raise InputError(
            f"constraint {constraint.text!r} is impossible: in this space {constraint.name} "
            f"goes from {low:,.5g} to {high:,.5g}"
        )
