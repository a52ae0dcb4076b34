"""What several sections of the report say: figures of a run in words, text that is safe in HTML."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from analysis.quantities import percent, quantity
from analysis.run import Run
from search_spaces.architecture import Layout

Entry = Mapping[str, Any]


def device_views(run: Run) -> list[Run]:
    """Return the run as each device of a joint front sees it, else the run itself."""
    return [run] if run.device or not run.devices else [Run(run.path, device) for device in run.devices]


def latency_facts(run: Run) -> Mapping[str, Any]:
    """Return what the run recorded of its latency; empty where it did not."""
    return run.front.get("latency") or {}


def cross_validation(run: Run) -> str:
    """Say how good the latency predictor is on networks of the profile that it had not seen."""
    scores = latency_facts(run).get("cross_validation") or {}
    if not {"mape", "within_10", "tau"} <= set(scores):
        return "not recorded"
    return (
        f"Cross-validated on the profiled networks: mean absolute error {percent(scores['mape'])}, "
        f"{percent(scores['within_10'])} of predictions within 10 % of the measurement, "
        f"Kendall's tau {scores['tau']:.2f}."
    )


def reference_text(run: Run) -> str:
    """Write the reference point of the hypervolume."""
    point = run.front["reference_point"]
    return ", ".join(f"{name.removesuffix('_ms')} {quantity(name).text(value)}" for name, value in point.items())


def front_size(run: Run) -> int:
    """Networks that no other dominates; more than the entries when only some were kept."""
    return run.front.get("front_size", len(run.front["entries"]))


def any_evaluated(run: Run) -> bool:
    """Whether a network was evaluated to its end."""
    return any(record["status"] == "ok" for record in run.records)


def most_accurate(run: Run) -> Entry:
    """Return the entry with the best accuracy on the search split."""
    return max(run.front["entries"], key=lambda entry: entry["accuracy"])


def layout_of(data: Mapping[str, Any]) -> Layout:
    """Return the layout of a run's data."""
    return data.get("layout", "image")  # the first runs knew nothing else and did not record it


def flat(value: Any) -> str:
    """Write a nested mapping on one line."""
    if isinstance(value, Mapping):
        parts = (f"{k} ({flat(v)})" if isinstance(v, Mapping) else f"{k} {v}" for k, v in value.items())
        return ", ".join(parts) or "not recorded"
    return "not recorded" if value is None else str(value)


def recorded(mapping: Mapping[str, Any], key: str) -> Any:
    """Return a value of a configuration, or that it was not recorded."""
    value = mapping.get(key)
    return "not recorded" if value is None else value


def safe(value: Any) -> str:
    """Write a value so that HTML shows it as it is."""
    return escape(str(value))
