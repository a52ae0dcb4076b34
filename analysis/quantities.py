"""How each quantity is named and written for a reader: label, unit, split, digits."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Quantity:
    """A column of a run. ``tickformat`` is plotly's for the raw value; ``write`` gives value and unit."""

    label: str
    unit: str
    tickformat: str
    write: Callable[[float], str]

    @property
    def axis_title(self) -> str:
        """Label with unit, as an axis shows it."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def text(self, value: Any) -> str:
        """Return the value with its unit, or "not recorded" for None and NaN."""
        if not isinstance(value, (int, float)) or math.isnan(value):
            return "not recorded"
        return self.write(float(value))


def percent(value: float) -> str:
    """Write a fraction as percent with one decimal."""
    return f"{100 * value:.1f} %"


def milliseconds(value: float) -> str:
    """Write milliseconds with three significant digits."""
    return f"{significant(value)} ms"


def count(value: float) -> str:
    """Write a count with three significant digits and k, M or G."""
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{significant(value / factor)} {letter}"
    return f"{value:.4g}"


def mebibytes(value: float) -> str:
    """Write bytes as MiB with three significant digits."""
    return f"{significant(value / 2**20)} MiB"


def significant(value: float) -> str:
    """Write a number with three significant digits and no exponent."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{decimals}f}"


_MS = (".3~g", milliseconds)
_COUNT = (".3~s", count)
QUANTITIES: dict[str, Quantity] = {
    "accuracy": Quantity("Accuracy on the search split", "%", ".3~%", percent),
    "accuracy_test": Quantity("Accuracy on the test split", "%", ".3~%", percent),
    "latency_ms": Quantity("Predicted latency", "ms", *_MS),
    "latency_measured_ms": Quantity("Measured latency", "ms", *_MS),
    "macs": Quantity("Multiply-accumulates", "MACs", *_COUNT),
    "params": Quantity("Parameters", "", *_COUNT),
    "activations": Quantity("Activations", "elements", *_COUNT),
    "peak_memory_bytes": Quantity("Peak activation memory", "MiB", ".3~s", mebibytes),
}


def quantity(name: str, unit: str = "") -> Quantity:
    """Return the quantity of a column; a column that is not known is shown under its own name and unit.

    ``NAME@DEVICE`` is that of one of several devices.
    """
    column, _, device = name.partition("@")
    if device and column in QUANTITIES:
        return replace(QUANTITIES[column], label=f"{QUANTITIES[column].label} on {device}")
    return QUANTITIES.get(name) or Quantity(name, unit, ".3~g", lambda value: f"{significant(value)} {unit}".strip())


def known(row: Mapping[str, Any], name: str) -> bool:
    """Return whether a row has a finite number under ``name``."""
    value = row.get(name)
    return isinstance(value, (int, float)) and math.isfinite(value)


def seen_from(device: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with the columns of a device, ``NAME@DEVICE``, under their plain names."""
    return {name.removesuffix(f"@{device}") if device else name: value for name, value in row.items()}


def devices_of(row: Mapping[str, Any], column: str) -> list[str]:
    """Return the devices that a row has a column of, ``COLUMN@DEVICE``."""
    return [name.partition("@")[2] for name in row if name.startswith(f"{column}@")]


def latency_text(row: Mapping[str, Any]) -> str:
    """Write a predicted latency with its interval, in ms; of each device where the row has no latency as such."""
    devices = devices_of(row, "latency_ms")
    if "latency_ms" not in row and devices:
        return "; ".join(f"{device}: {latency_text(seen_from(device, row))}" for device in devices)
    if not known(row, "latency_ms"):
        return quantity("latency_ms").text(None)
    if not (known(row, "latency_low_ms") and known(row, "latency_high_ms")):
        return milliseconds(row["latency_ms"])
    low, high = significant(row["latency_low_ms"]), significant(row["latency_high_ms"])
    return f"{milliseconds(row['latency_ms'])} ({low} to {high})"


def drift_text(latency: Mapping[str, Any]) -> str:
    """Say by how much the speed at which a front was measured is not that of its profile; nothing without a drift.

    ``latency`` is what a front.json holds under that name.
    """
    drift = latency.get("drift")
    if not isinstance(drift, Mapping) or not drift["drifted"]:
        return ""
    return (
        f"While the front was measured, networks of the profile ran at {percent(1 / drift['factor'])} of the speed "
        "that the profile has for them, so measured and predicted latencies differ by that."
    )
