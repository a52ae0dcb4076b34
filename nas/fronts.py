"""The fronts that a search looks for, each with the fixed box that its hypervolume is measured in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from analysis.fronts import hypervolume, hypervolume_trace, non_dominated
from analysis.quantities import quantity
from nas.search.problem import Problem
from nas.search.records import Evaluated

if TYPE_CHECKING:
    from nas.plan import Plan

Ranges = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Front:
    """One front. ``device`` names whose it is where there is one for each of several devices, else "".

    ``reference`` and ``box`` depend on the space, the data and the device profiles only, so runs on them compare:
    chance accuracy and 5 % above the dearest network, and the volume from there to the best of each objective alone.
    """

    device: str
    problem: Problem
    reference: Mapping[str, float]
    box: float

    def usable(self, evaluations: Iterable[Evaluated]) -> list[Evaluated]:
        """Return the evaluations that succeeded and meet the constraints."""
        return [one for one in evaluations if one.ok and self.problem.feasible(one.metrics)]

    def trace(self, usable: Sequence[Evaluated]) -> list[float]:
        """Return the hypervolume after each of some usable evaluations."""
        return hypervolume_trace(self._values(usable), self.problem.directions, self._corner).tolist()

    def best(self, usable: Sequence[Evaluated]) -> list[Evaluated]:
        """Return those that no other dominates."""
        kept = non_dominated(self._values(usable), self.problem.directions)
        return [one for one, keep in zip(usable, kept, strict=True) if keep]

    def volume(self, evaluations: Iterable[Evaluated]) -> float:
        """Return the hypervolume of those evaluations that are usable."""
        return hypervolume(self._values(self.usable(evaluations)), self.problem.directions, self._corner)

    def of(self, what: str) -> str:
        """Return a text with the device that it is about, where there are several."""
        return f"{what} on {self.device}" if self.device else what

    @property
    def _corner(self) -> list[float]:
        return [self.reference[name] for name in self.problem.names]

    def _values(self, some: Sequence[Evaluated]) -> list[list[float]]:
        return [self.problem.values(one.metrics) for one in some]


def make_fronts(plan: Plan, ranges: Ranges) -> list[Front]:
    """Return the fronts of a plan by the reachable ranges of all columns but accuracy."""
    worst = {"accuracy": 1 / len(plan.data.classes)} | {name: 1.05 * high for name, (_, high) in ranges.items()}
    ideal = {"accuracy": 1.0} | {name: float(low) for name, (low, _) in ranges.items()}
    fronts = []
    for device, problem in plan.problem.fronts(plan.settings.devices).items():
        problem.check_reachable(ranges)
        reference = {name: worst[name] for name in problem.names}
        box = prod(abs(reference[name] - ideal[name]) for name in problem.names)
        fronts.append(Front(device, problem, reference, box))
    return fronts


def ranges_text(ranges: Ranges) -> str:
    """Return what a space reaches, in words."""
    ends = (f"{name} {quantity(name).text(low)} to {quantity(name).text(high)}" for name, (low, high) in ranges.items())
    return ", ".join(f"{text}{' (predicted)' if 'latency' in text else ''}" for text in ends)


def by_device(values: Mapping[str, Any]) -> Any:
    """Return what belongs to each front or device by its name; of the only one ("") itself."""
    return values[""] if "" in values else dict(values)
