"""Interactive plotly figures of a run. Everything that a file says is escaped before it becomes a label."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import plotly.graph_objects as go
import plotly.io

from analysis.fronts import Objective
from analysis.quantities import Quantity, devices_of, known, latency_text, quantity
from analysis.run import Run

ACCENT, MEASURED, MUTED, PUBLISHED = "#0072b2", "#d55e00", "#9aa1ab", "#009e73"
NESTED = "#cc79a7"
_HOVER_COSTS = ("macs", "params", "activations")


def front_axes(run: Run) -> tuple[str, str]:
    """Return the columns of the x and y axis: latency and accuracy when both are objectives.

    Otherwise the first two objectives; a single one is drawn against MACs.
    """
    names = [objective.name for objective in run.objectives]
    if {"accuracy", "latency_ms"} <= set(names):
        return "latency_ms", "accuracy"
    if len(names) == 1:
        return "macs", names[0]
    first, second = run.objectives[:2]
    return (first.name, second.name) if second.direction == "max" else (second.name, first.name)


def front_figure(run: Run) -> go.Figure:
    """Every evaluated network in grey, the front in colour, measured latencies beside the predicted ones."""
    x, y = front_axes(run)
    figure = house_figure(_named(run, x), _named(run, y))
    entries = run.front["entries"]
    on_front = {entry["digest"] for entry in entries}
    rows = run.evaluations.to_dict("records")
    others = [row for row in rows if row["status"] == "ok" and row["digest"] not in on_front]
    figure.add_scatter(
        name="evaluated", x=[row.get(x) for row in others], y=[row.get(y) for row in others], mode="markers",
        marker={"color": MUTED, "size": 7, "opacity": 0.55},
        hovertext=[_hover(row) for row in others], hoverinfo="text",
    )  # fmt: skip
    if x == "latency_ms":
        _add_measured(figure, entries, y)
    _add_search_free(figure, run, x, y)
    _add_front(figure, run, x, y)
    _add_published(figure, run, x, y)
    return figure


def hypervolume_figure(run: Run) -> go.Figure:
    """Hypervolume against the number of evaluated networks (of those that the trace counts)."""
    trace = run.front["hypervolume_trace"]
    which = "" if len(trace) == len(run.records) else " that meet the constraints"
    figure = house_figure(Quantity(f"Evaluated networks{which}", "", "d", str), quantity("Hypervolume"))
    figure.add_scatter(
        x=list(range(1, len(trace) + 1)), y=trace, mode="lines", showlegend=False,
        line={"color": ACCENT, "width": 2.5, "shape": "hv"},
        hovertemplate="after %{x} networks: %{y:.4g}<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero")
    return figure


def latency_figure(run: Run) -> go.Figure:
    """Predicted against measured latency of the front's networks, with the prediction interval."""
    figure = house_figure(quantity("latency_measured_ms"), quantity("latency_ms"))
    entries = [entry for entry in run.front["entries"] if _both_latencies(entry)]
    if not entries:
        return _say(figure, "no network of the front was measured")
    measured = [entry["latency_measured_ms"] for entry in entries]
    predicted = [entry["latency_ms"] for entry in entries]
    top = 1.08 * max([*measured, *(entry.get("latency_high_ms") or 0 for entry in entries), *predicted])
    figure.add_scatter(
        name="equal", x=[0, top], y=[0, top], mode="lines", hoverinfo="skip",
        line={"color": MUTED, "width": 1.5, "dash": "dash"},
    )  # fmt: skip
    noisy = [bool(entry.get("latency_noisy")) for entry in entries]
    figure.add_scatter(
        name="front network, with prediction interval", x=measured, y=predicted, mode="markers",
        error_y=_interval(entries),
        marker={"color": ACCENT, "size": 10, "symbol": ["circle-open" if n else "circle" for n in noisy],
                "line": {"width": 2, "color": ACCENT}},
        hovertext=[_hover(entry) for entry in entries], hoverinfo="text",
    )  # fmt: skip
    figure.update_xaxes(range=[0, top])
    figure.update_yaxes(range=[0, top])
    return figure


def _add_front(figure: go.Figure, run: Run, x: str, y: str) -> None:
    entries = sorted(run.front_table.to_dict("records"), key=lambda row: row[x])
    maximised = Objective(x, "max") in [Objective(o.name, o.direction) for o in run.objectives]
    figure.add_scatter(
        name="Pareto front", x=[row[x] for row in entries], y=[row[y] for row in entries],
        # With a third objective the front is no line in this plane.
        mode="lines+markers" if len(run.objectives) <= 2 else "markers",
        line={"color": ACCENT, "width": 1.5, "shape": "vh" if maximised else "hv"},
        marker={"color": ACCENT, "size": 10, "line": {"width": 1, "color": "white"}},
        hovertext=[_hover(row) for row in entries], hoverinfo="text",
    )  # fmt: skip
    if not entries:
        _say(figure, "the front is empty")


def _add_search_free(figure: go.Figure, run: Run, x: str, y: str) -> None:
    """Triangles for the nested subnets that need no search, in the order of their size."""
    networks = run.search_free["networks"]
    if networks:
        figure.add_scatter(
            name="nested, without a search", x=[one.get(x) for one in networks], y=[one.get(y) for one in networks],
            mode="lines+markers", line={"color": NESTED, "width": 1, "dash": "dot"},
            marker={"color": NESTED, "size": 9, "symbol": "triangle-up"},
            hovertext=[_hover(one) for one in networks], hoverinfo="text",
        )  # fmt: skip


def _add_published(figure: go.Figure, run: Run, x: str, y: str) -> None:
    """Stars for the published networks that are points of the space, named, at the accuracy of their authors."""
    points = [point for point in run.published if known(point, x) and known(point, y)]
    if not points:
        return
    hover = [f"<b>{escape(str(p['name']))}</b><br>{escape(str(p['paper']))}<br>{_figures_text(p)}" for p in points]
    figure.add_scatter(
        name="published", x=[point[x] for point in points], y=[point[y] for point in points], mode="markers+text",
        marker={"color": PUBLISHED, "size": 11, "symbol": "star"}, textposition="top center",
        text=[escape(str(point["name"])) for point in points], hovertext=hover, hoverinfo="text",
    )  # fmt: skip


def _add_measured(figure: go.Figure, entries: list[dict[str, Any]], y: str) -> None:
    """Diamonds at the measured latency, tied to the predicted point by a thin line."""
    entries = [entry for entry in entries if _both_latencies(entry)]
    ties_x = [v for e in entries for v in (e["latency_ms"], e["latency_measured_ms"], None)]
    ties_y = [v for e in entries for v in (e[y], e[y], None)]
    figure.add_scatter(
        x=ties_x, y=ties_y, mode="lines", showlegend=False, hoverinfo="skip",
        line={"color": MEASURED, "width": 1.5},
    )  # fmt: skip
    figure.add_scatter(
        name="same network, measured", x=[e["latency_measured_ms"] for e in entries],
        y=[e[y] for e in entries], mode="markers",
        marker={"color": MEASURED, "size": 9, "symbol": "diamond-open", "line": {"width": 2}},
        hovertext=[_hover(entry) for entry in entries], hoverinfo="text",
    )  # fmt: skip


def _hover(row: Mapping[str, Any]) -> str:
    """Digest, accuracies, latencies, costs and mixers of one network, one a line."""
    lines = [f"<b>{escape(str(row.get('registry') or ''))} {escape(str(row['digest'])[:12])}</b>", _figures_text(row)]
    if row.get("mixers"):
        lines.append(f"Mixers: {escape(str(row['mixers']))}")
    return "<br>".join(lines)


def _figures_text(row: Mapping[str, Any]) -> str:
    """Accuracies, latencies and costs, one a line."""
    lines = []
    for name in ("accuracy", "accuracy_test"):
        if known(row, name):
            lines.append(f"{quantity(name).label}: {quantity(name).text(row[name])}")
    if known(row, "latency_ms") or devices_of(row, "latency_ms"):
        lines.append(f"Predicted latency: {latency_text(row)}")
    for name in ("latency_measured_ms", *_HOVER_COSTS):
        if known(row, name):
            lines.append(f"{quantity(name).label}: {quantity(name).text(row[name])}")
    return "<br>".join(lines)


def _both_latencies(entry: Mapping[str, Any]) -> bool:
    return known(entry, "latency_ms") and known(entry, "latency_measured_ms")


def _interval(entries: list[dict[str, Any]]) -> dict[str, Any]:
    def gap(entry: dict[str, Any], bound: str) -> float:
        return abs(entry[bound] - entry["latency_ms"]) if known(entry, bound) else 0.0

    return {
        "type": "data", "symmetric": False, "thickness": 1.5, "width": 4,
        "array": [gap(entry, "latency_high_ms") for entry in entries],
        "arrayminus": [gap(entry, "latency_low_ms") for entry in entries],
    }  # fmt: skip


def _named(run: Run, name: str) -> Quantity:
    units = {objective.name: objective.unit for objective in run.objectives}
    return quantity(name, units.get(name, ""))


def house_figure(x: Quantity, y: Quantity) -> go.Figure:
    """An empty figure in the house style, transparent so that it stands on a light or dark page."""
    axis = {"gridcolor": "rgba(128,134,145,.25)", "zeroline": False, "automargin": True, "ticks": ""}
    return go.Figure(
        layout={
            "template": "none", "height": 440, "margin": {"l": 8, "r": 12, "t": 36, "b": 8},
            "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "hovermode": "closest",
            "font": {"family": "system-ui, sans-serif", "size": 13},
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            "hoverlabel": {"align": "left"},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": MUTED, "activecolor": ACCENT},
            "xaxis": {**axis, "title": {"text": escape(x.axis_title)}, "tickformat": x.tickformat},
            "yaxis": {**axis, "title": {"text": escape(y.axis_title)}, "tickformat": y.tickformat},
        }
    )  # fmt: skip


def figure_html(figure: go.Figure, name: str) -> str:
    """Return a figure as HTML for a page that has plotly's script; the name makes its id."""
    # A fixed div id keeps the bytes of equal reports equal.
    return plotly.io.to_html(
        figure, full_html=False, include_plotlyjs=False, div_id=f"figure-{name}", default_height="440px",
        config={"displaylogo": False, "responsive": True},
    )  # fmt: skip


def _say(figure: go.Figure, text: str) -> go.Figure:
    figure.add_annotation(text=text, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False)
    return figure
