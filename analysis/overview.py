"""The page of a run with a front of each of several devices: the fronts side by side, and their networks on all."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from analysis.page import page, section, table
from analysis.quantities import latency_text, percent, quantity, seen_from
from analysis.run import Run
from search_spaces.files import write_text_atomic


def write_overview(run: Run) -> Path:
    """Write ``report.html``, which leads to the page of each device, and return its path."""
    name = escape(run.config["name"])
    head = f'<header><p class="eyebrow">nas search report</p><h1>{name}</h1></header>'
    path = run.path / "report.html"
    write_text_atomic(path, page(f"{name}: nas search report", [head, _fronts(run), _networks(run)], ""))
    return path


def _fronts(run: Run) -> str:
    rows = []
    for device in run.devices:
        front = Run(run.path, device).front
        entries = front["entries"]
        rows.append([
            f'<a href="{quote(f"report@{device}.html", safe="@")}">{escape(device)}</a>',
            escape(str(front["latency"]["key"]["device"])),
            str(front["front_size"]),
            percent(front["hypervolume_share"]),
            quantity("accuracy").text(max((entry["accuracy"] for entry in entries), default=None)),
            escape(latency_text(entries[0] if entries else {})),
        ])  # fmt: skip
    note = "One supernet and one journal: every evaluation counts for every device; its latency is predicted for each."
    heads = ("Device", "Profile of", "Networks on its front", "Hypervolume, of its box", "Best accuracy, search split",
             "Fastest")  # fmt: skip
    return section("The fronts", f'<p class="note">{note}</p>', table(heads, rows))


def _networks(run: Run) -> str:
    """Return a row for each network of any front: its accuracy, its latency on every device, whose fronts it is on."""
    entries = {entry["registry"]: entry for front in run.fronts.values() for entry in front["entries"]}
    rows = []
    for name, entry in sorted(entries.items()):
        on = [device for device, front in run.fronts.items() if entry["digest"] in _digests(front)]
        accuracies = (quantity(column).text(entry[column]) for column in ("accuracy", "accuracy_test"))
        latencies = (latency_text(seen_from(device, entry)) for device in run.devices)
        rows.append([escape(cell) for cell in (name, ", ".join(on), *accuracies, *latencies)])
    latencies = (f"Latency on {escape(device)}, predicted" for device in run.devices)
    heads = ("Network", "On the front of", "Accuracy, search split", "Accuracy, test split", *latencies)
    return section("Networks", table(heads, rows))


def _digests(front: Mapping[str, Any]) -> set[str]:
    return {entry["digest"] for entry in front["entries"]}
