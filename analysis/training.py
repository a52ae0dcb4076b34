"""Figures of a supernet's training: the loss of each role of subnets, and how often each choice was trained."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from analysis.figures import house_figure
from analysis.quantities import Quantity, count

if TYPE_CHECKING:
    import pandas as pd

_POINTS = 200  # of a curve
_DASHES = ("solid", "dash", "dot", "dashdot")


def loss_figure(training: pd.DataFrame) -> go.Figure:
    """The losses by role, each point the mean over up to a 200th of the training."""
    figure = house_figure(Quantity("Step", "", "d", str), Quantity("Training loss", "nats", ".3~g", str))
    losses, steps = _columns(training, "loss"), training["step"].to_numpy()
    size = max(1, -(-len(steps) // _POINTS))
    for number, (role, values) in enumerate(losses.items()):
        starts = [i for i in range(0, len(steps), size) if not np.isnan(values[i : i + size]).all()]
        figure.add_scatter(
            name=escape(role), mode="lines",
            x=[float(steps[i : i + size].mean()) for i in starts],
            y=[float(np.nanmean(values[i : i + size])) for i in starts],
            line={"width": 2, "dash": _DASHES[number % len(_DASHES)]},
            hovertemplate="step %{x:.0f}: %{y:.3f} nats<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    return figure


def exposure_rows(training: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Return, by kind of choice, its least and its most trained one with how often they were trained.

    A choice is counted once for each block (or stage) of each subnet that a step trained.
    """
    kinds: dict[str, list[tuple[int, str]]] = {}
    for name, counts in _columns(training, "exposure").items():
        where, _, choice = name.partition("/")
        kinds.setdefault(choice.partition("=")[0], []).append((int(counts[-1]), f"{choice} in {where}"))
    rows = []
    for kind, found in kinds.items():
        (least, rarest), (most, commonest) = min(found), max(found)
        rows.append((kind, f"{rarest}: {count(least)}", f"{commonest}: {count(most)}"))
    return rows


def final_losses(training: pd.DataFrame) -> str:
    """Return each role with its mean loss over the last tenth of the rows that have it."""
    parts = []
    for role, values in _columns(training, "loss").items():
        known = values[~np.isnan(values)]
        parts.append(f"{role} {known[-max(1, len(known) // 10) :].mean():.3f}")
    return ", ".join(parts)


def _columns(training: pd.DataFrame, kind: str) -> dict[str, NDArray[np.float64]]:
    """Return the columns KIND/NAME that hold numbers, by NAME."""
    names = [str(name) for name in training.columns if str(name).startswith(f"{kind}/")]
    found = {name.removeprefix(f"{kind}/"): training[name].to_numpy(dtype=np.float64) for name in names}
    return {name: values for name, values in found.items() if not np.isnan(values).all()}
