"""How good a predictor is on networks that it has not seen: against the truth, by structure, and its intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from statistics import NormalDist, median
from typing import Any

import plotly.graph_objects as go

from analysis.figures import ACCENT, MEASURED, MUTED, house_figure
from analysis.held import Held, coverage
from analysis.quantities import Quantity, quantity

_LEVELS = tuple(i / 20 for i in range(1, 20))  # of intervals
_HALF = NormalDist().inv_cdf(0.95)  # standard deviations of half a 90 % interval


def held_figures(held: Sequence[Held], of: Quantity, relative: bool) -> dict[str, go.Figure]:
    """Return every figure by name; ``of`` says what was predicted, ``relative`` is that of `errors_figure`."""
    errors = {f"errors-{by}": errors_figure(held, of, by, relative) for by in _AXES}
    return {"held-out": truth_figure(held, of), **errors, "calibration": calibration_figure(held)}


def truth_figure(held: Sequence[Held], of: Quantity) -> go.Figure:
    """Predicted against true value, with 90 % intervals; on the dashed line they are equal."""
    figure = house_figure(_named(of, "true"), _named(of, "predicted"))
    ends = [value for one in held for value in (one.true, one.mean)]
    low, high = min(ends), max(ends)
    figure.add_scatter(
        name="equal", x=[low, high], y=[low, high], mode="lines", hoverinfo="skip",
        line={"color": MUTED, "width": 1.5, "dash": "dash"},
    )  # fmt: skip
    figure.add_scatter(
        name="network, with 90 % interval", x=[one.true for one in held], y=[one.mean for one in held], mode="markers",
        error_y={"type": "data", "array": [_HALF * one.sd for one in held], "thickness": 1, "width": 0},
        marker={"color": ACCENT, "size": 8, "opacity": 0.75},
        hovertext=[_hover(one, of) for one in held], hoverinfo="text",
    )  # fmt: skip
    return figure


def errors_figure(held: Sequence[Held], of: Quantity, by: str, relative: bool) -> go.Figure:
    """What is predicted too high (above 0) or too low, ``by`` kernel, mixer or macs; diamonds are medians.

    ``relative`` errors are shares of the truth; others are in its unit.
    """
    unit, ticks = ("%", ".3~%") if relative else (of.unit, of.tickformat)
    figure = house_figure(_AXES[by], Quantity("Predicted too high by", unit, ticks, str))
    groups: dict[Any, list[Held]] = {}
    for one in sorted(held, key=lambda one: getattr(one, by)):
        groups.setdefault(getattr(one, by), []).append(one)
    figure.add_scatter(
        name="network", x=[_label(key) for key, group in groups.items() for _ in group],
        y=[one.error(relative) for group in groups.values() for one in group], mode="markers",
        marker={"color": ACCENT, "size": 8, "opacity": 0.6},
        hovertext=[_hover(one, of) for group in groups.values() for one in group], hoverinfo="text",
    )  # fmt: skip
    if by != "macs":
        figure.add_scatter(
            name="median", x=[_label(key) for key in groups], mode="markers",
            y=[median(one.error(relative) for one in group) for group in groups.values()],
            marker={"color": MEASURED, "size": 11, "symbol": "diamond-open", "line": {"width": 2}},
            hovertext=[f"{_label(key)}: {len(group)} networks" for key, group in groups.items()], hoverinfo="text",
        )  # fmt: skip
        figure.update_xaxes(type="category")
    figure.add_hline(y=0, line={"color": MUTED, "width": 1.5, "dash": "dash"})
    return figure


def calibration_figure(held: Sequence[Held]) -> go.Figure:
    """The share of networks that intervals hold against the probability they promise; above the line they are wide."""
    shares = [Quantity(label, "%", ".0%", str) for label in ("Probability of the interval", "Networks that it holds")]
    figure = house_figure(*shares)
    figure.add_scatter(
        name="promised", x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip",
        line={"color": MUTED, "width": 1.5, "dash": "dash"},
    )  # fmt: skip
    figure.add_scatter(
        name="held", x=list(_LEVELS), y=[coverage(held, level) for level in _LEVELS], mode="lines+markers",
        line={"color": ACCENT, "width": 2.5}, hovertemplate="%{x:.0%}: %{y:.1%}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(range=[0, 1])
    figure.update_yaxes(range=[0, 1.02])
    return figure


_AXES: Mapping[str, Quantity] = {
    "kernel": Quantity("Largest kernel of the network's mixers", "taps", "", str),
    "mixer": Quantity("Most frequent mixer of the network", "", "", str),
    "macs": quantity("macs"),
}


def _label(key: Any) -> Any:
    return escape(key) if isinstance(key, str) else key


def _named(of: Quantity, which: str) -> Quantity:
    return Quantity(f"{of.label}, {which}", of.unit, of.tickformat, of.write)


def _hover(one: Held, of: Quantity) -> str:
    kernel = f"kernel {one.kernel}" if one.kernel else "no kernel"
    return (
        f"<b>{escape(one.digest[:12])}</b><br>true {of.text(one.true)}, predicted {of.text(one.mean)} "
        f"± {of.text(_HALF * one.sd)}<br>mostly {escape(one.mixer)}, {kernel}, {quantity('macs').text(one.macs)} MACs"
    )
