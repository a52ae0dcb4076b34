"""The fixed box that hypervolume is measured in, so that runs on one space, data set and device compare."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from nas.plan import Plan


def reference_point(plan: Plan, slowest_ms: float) -> dict[str, float]:
    """Return the fixed point that hypervolume is measured from: chance accuracy, 5 % above the dearest network.

    It depends on the space, the data and the device profile only, so runs on them can be compared.
    """
    worst = {"accuracy": 1 / len(plan.data.classes), "latency_ms": 1.05 * slowest_ms}
    worst |= {name: 1.05 * high for name, (_, high) in plan.ranges.items()}
    return {name: worst[name] for name in plan.problem.names}


def box_volume(plan: Plan, reference: Mapping[str, float], fastest_ms: float) -> float:
    """Return the volume between the reference point and the best that each objective could reach alone."""
    ideal = {"accuracy": 1.0, "latency_ms": fastest_ms}
    ideal |= {name: float(low) for name, (low, _) in plan.ranges.items()}
    return prod(abs(reference[name] - ideal[name]) for name in plan.problem.names)
