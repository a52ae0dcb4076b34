"""The head of the report: what was searched, on what, and the figures that say it in short."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import Any

from analysis.quantities import count, known, latency_text, percent, quantity
from analysis.report_words import (
    device_views,
    front_size,
    latency_facts,
    layout_of,
    most_accurate,
    recorded,
    reference_text,
    safe,
)
from analysis.run import Run
from search_spaces.architecture import size_text


def headline(run: Run) -> str:
    """Return the HTML of the head."""
    config, data = run.config, run.config["data"]
    classes = data.get("classes")
    number = len(classes) if isinstance(classes, list) else classes
    goals = " and ".join(
        f"{'high' if o.direction == 'max' else 'low'} {quantity(o.name).label.lower()}" for o in run.objectives
    )
    scale = f" ({config['scale']} scale)" if config.get("scale") else ""
    sentence = (
        f"Searched the space <strong>{safe(config['space'])}</strong>{safe(scale)} on "
        f"<strong>{safe(recorded(data, 'name'))}</strong> ({safe(_input_size(data))}, {safe(number)} classes) for "
        f"{safe(goals)}, with latency on <strong>{safe(_device(run))}</strong>."
    )
    facts = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(note)}</small></dd></div>"
        for name, value, note in _facts(run)
    )
    return (
        f'<header><p class="eyebrow">nas search report</p><h1>{safe(config["name"])}</h1>'
        f'<p class="lede">{sentence}</p></header><dl class="facts">{facts}</dl>'
    )


def _facts(run: Run) -> list[tuple[str, str, str]]:
    entries = run.front["entries"]
    status = Counter(record["status"] for record in run.records)
    outcome = f"{status['failed']} failed" if status["failed"] else "none failed"
    if status["screened"]:
        outcome += f"; {status['screened']} more on fewer images"
    facts = [
        ("Networks evaluated", str(status["ok"] + status["failed"]), outcome),
        ("On the Pareto front", str(front_size(run)), f"{len(entries)} tested, measured and registered"),
        ("Hypervolume", count(run.front["hypervolume"]), _volume_note(run)),
    ]
    if entries:
        best = most_accurate(run)
        costs = f"search split, {latency_text(best)} predicted, {best['registry']}"
        facts.append(("Most accurate", quantity("accuracy").text(best["accuracy"]), costs))
        if known(fast := entries[0], "latency_ms"):
            note = f"{quantity('accuracy').text(fast['accuracy'])} on the search split, {fast['registry']}"
            facts.append(("Fastest on the front", quantity("latency_ms").text(fast["latency_ms"]), note))
    return facts


def _device(run: Run) -> str:
    key = latency_facts(run).get("key")
    if len(device_views(run)) > 1:
        return " and ".join(run.devices)
    if not isinstance(key, Mapping):
        return str(key or "an unrecorded device")
    parts = [str(recorded(key, "device"))]
    parts += [f"{name} {key[name]}" for name in ("batch", "threads") if name in key]
    return ", ".join(parts)


def _input_size(data: Mapping[str, Any]) -> str:
    if not {"channels", "resolution"} <= set(data):
        return "size not recorded"
    return size_text(data["resolution"], layout_of(data), data["channels"]).replace(" x ", " × ")


def _volume_note(run: Run) -> str:
    share = run.front.get("hypervolume_share")
    beside = f"{percent(share)} of the box up to the best of each objective alone; " if share else ""
    return f"{beside}reference point {reference_text(run)}"
