"""Figures of a rank check: inherited against stand-alone accuracy, and tau by dimension beside its floors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from html import escape
from typing import Any

import plotly.graph_objects as go

from analysis.figures import ACCENT, MEASURED, MUTED, house_figure
from analysis.quantities import Quantity, percent

_INHERITED = Quantity("Accuracy with the supernet's weights", "%", ".3~%", percent)
_ALONE = Quantity("Accuracy after training alone", "%", ".3~%", percent)


def scatter_figure(ranking: Mapping[str, Any]) -> go.Figure:
    """Every network as a dot; those of one dimension's ladders can be shown alone by the legend."""
    figure = house_figure(_INHERITED, _ALONE)
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for network in ranking["networks"]:
        groups[network["group"].rpartition("-")[0] or network["group"]].append(network)
    for name, networks in groups.items():
        figure.add_scatter(
            name=escape(name), mode="markers",
            x=[network["inherited"] for network in networks],
            y=[sum(network["alone"]) / len(network["alone"]) for network in networks],
            marker={"size": 9, "opacity": 0.8},
            hovertext=[_hover(network) for network in networks], hoverinfo="text",
        )  # fmt: skip
    return figure


def bars_figure(ranking: Mapping[str, Any]) -> go.Figure:
    """Kendall's tau over all pairs, over equal MACs and by dimension: supernet, MACs, two seeds of training alone."""
    figure = house_figure(Quantity("Pairs", "", "", str), Quantity("Kendall's tau", "", ".2~f", str))
    rows = {"all": ranking["overall"], "equal MACs": ranking["bands"], **ranking["dimensions"]}
    for title, colour, of in (
        ("supernet", ACCENT, lambda row: row["tau"]["inherited"]),
        ("MACs", MUTED, lambda row: row["tau"]["macs"]),
        ("two seeds of training alone", MEASURED, lambda row: row["ceiling"]),
    ):
        found = {name: of(row) for name, row in rows.items() if row and of(row)}
        figure.add_bar(
            name=title, x=[escape(name) for name in found], y=[e["value"] for e in found.values()],
            marker={"color": colour},
            error_y={"type": "data", "symmetric": False, "thickness": 1.5, "width": 4,
                     "array": [max(0.0, e["high"] - e["value"]) for e in found.values()],
                     "arrayminus": [max(0.0, e["value"] - e["low"]) for e in found.values()]},
            hovertemplate="%{x}: %{y:.2f}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="group")
    figure.update_xaxes(type="category")
    figure.update_yaxes(range=[-1.05, 1.05])
    return figure


def _hover(network: Mapping[str, Any]) -> str:
    alone = ", ".join(percent(value) for value in network["alone"])
    return (
        f"<b>{escape(str(network['digest'])[:12])}</b> {escape(network['group'])}<br>"
        f"inherited {percent(network['inherited'])}, alone {alone}"
    )
