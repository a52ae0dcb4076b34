"""What the networks of a front have in common, and what each dimension contributes: for the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from html import escape

import numpy as np
import plotly.graph_objects as go

from analysis.dimensions import Counts, Floats, count_settings, features, settings_of
from analysis.figures import ACCENT, MEASURED, MUTED, NESTED, PUBLISHED, figure_html, house_figure
from analysis.fronts import Objective
from analysis.importance import LEAST, Importance, Preference, importance, preferences
from analysis.page import remark, section
from analysis.quantities import Quantity, percent, quantity
from analysis.run import Run
from search_spaces import Architecture

_COLOURS = (ACCENT, MEASURED, PUBLISHED, NESTED)
_TOLD = 0.1  # of the variance; a model that explains less has learned nothing to tell
_NAMED = 0.01  # of the variance; a dimension that has less is not named
_MOST = 5  # preferences and dimensions that a sentence names


_HOW = (
    "Shares are of blocks, those of depth, width and downsampling of stages; a width is percent of its stage's widest. "
    "A sentence names what is more or less frequent on the front than in 95 % of as many networks drawn from all "
    "evaluated ones, the clearest of each dimension. These were chosen by the search: what goes together in them need "
    "not be cause and effect. nas rank-check trains networks that differ in one dimension alone."
)


def winner_section(run: Run) -> str:
    """Return the section of the report on what the front's networks have in common; nothing without a front."""
    winners = Winners(run)
    if not len(winners.front):
        return ""
    words = "".join(f"<li>{escape(text)}</li>" for text in winners.words())
    drawn = []
    if winners.importances:
        drawn.append(figure_html(importance_figure(winners.importances), "importance"))
    if winners.counts.levels:
        drawn.append(figure_html(settings_figure(winners.counts, winners.front), "settings"))
    return section("Why the winners win", f"<ul>{words}</ul>", remark(_HOW), *drawn)


class Winners:
    """The networks that a run evaluated, which of them are its front, and what follows from that."""

    def __init__(self, run: Run):
        lines = [(line, one) for line, one in enumerate(run.records, start=1) if one["status"] == "ok"]
        where, records = run.path / "evaluations.jsonl", [record for _, record in lines]
        self._settings = [
            settings_of(Architecture.from_dict(record["architecture"], f"{where}:{line}")) for line, record in lines
        ]
        self._targets = {
            objective: np.array([one["metrics"].get(objective.name, np.nan) for one in records], dtype=float)
            for objective in run.objectives
        }
        digests = {entry["digest"] for entry in run.front["entries"]}
        self.front = np.array([i for i, one in enumerate(records) if one["digest"] in digests], dtype=np.intp)

    @cached_property
    def counts(self) -> Counts:
        """How often each setting is in each network."""
        return count_settings(self._settings)

    @cached_property
    def preferred(self) -> list[Preference]:
        """The settings that the front prefers or avoids."""
        return preferences(self.counts, self.front)

    @cached_property
    def importances(self) -> Mapping[Objective, Importance]:
        """What each objective hangs on, where enough networks tell."""
        numbers = features(self._settings)
        found = {objective: importance(numbers, target) for objective, target in self._targets.items()}
        return {objective: one for objective, one in found.items() if one is not None and one.explained >= _TOLD}

    def words(self) -> list[str]:
        """Say why winners win: what they have more often, what goes with it, and what the objectives hang on."""
        return [*self._preference_words(), *self._importance_words()]

    def _preference_words(self) -> list[str]:
        if not self.preferred:
            return [f"The {len(self.front)} networks of the front have no setting more or less often than as many "
                    "networks drawn from all evaluated ones would: they win by combinations, or are too few to "
                    "tell."]  # fmt: skip
        clearest = {one.dimension: one for one in reversed(self.preferred)}
        return [self._preference(one) for one in self.preferred if clearest[one.dimension] is one][:_MOST]

    def _preference(self, one: Preference) -> str:
        more = "more" if one.share > one.share_of_all else "less"
        unit = " %" if one.dimension == "width" else ""
        text = (
            f"Winners have {one.dimension} {one.setting}{unit} {more} often: {percent(one.share)} beside "
            f"{percent(one.share_of_all)} of all."
        )
        effects = self._effects(one)
        return f"{text} Among all evaluated networks, {more} of it goes with {effects}." if effects else text

    def _effects(self, one: Preference) -> str:
        """Say in which objectives networks differ that have more, or less, of a setting: correlations beyond chance."""
        at = next(i for i, level in enumerate(self.counts.levels) if (level[0], str(level[1])) == _key(one))
        share = self.counts.number[:, at] / np.maximum(self.counts.total[:, at], 1)
        share = share if one.share > one.share_of_all else -share
        found = {objective: _correlation(share, target) for objective, target in self._targets.items()}
        beyond = 2 / np.sqrt(len(share))
        words = [
            f"{'higher' if value > 0 else 'lower'} {_label(objective)}"
            for objective, value in found.items()
            if abs(value) > beyond
        ]
        return ", ".join(words)

    def _importance_words(self) -> list[str]:
        return [
            f"For {_label(objective)}, {_ranked(one)}. A model of the evaluated networks explains "
            f"{percent(one.explained)} of its variance in networks that it has not seen."
            for objective, one in self.importances.items()
        ] or [f"What the objectives hang on is not told: that takes at least {LEAST} evaluated networks, and a model "
              "that predicts some of those that it has not seen."]  # fmt: skip


def importance_figure(importances: Mapping[Objective, Importance]) -> go.Figure:
    """The share of each objective's variance that a model loses without a dimension, the most important first."""
    variance = Quantity("Variance that hangs on it", "%", ".0%", percent)
    figure = house_figure(Quantity("Dimension", "", "", str), variance)
    totals: dict[str, float] = {}
    for one in importances.values():
        for name, value in one.of.items():
            totals[name] = max(totals.get(name, 0.0), value)
    order = sorted(totals, key=lambda name: -totals[name])
    for i, (objective, one) in enumerate(importances.items()):
        figure.add_bar(
            name=escape(quantity(objective.name).label), x=[escape(name) for name in order],
            y=[one.of.get(name, 0.0) for name in order], marker={"color": _COLOURS[i % len(_COLOURS)]},
            hovertemplate="%{x}: %{y:.1%}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="group")
    figure.update_xaxes(type="category")
    return figure


def settings_figure(counts: Counts, front: Sequence[int] | np.ndarray) -> go.Figure:
    """How often each setting is on the front, beside all evaluated networks, dimension by dimension."""
    figure = house_figure(Quantity("Setting", "", "", str), Quantity("Share of blocks or stages", "%", ".0%", percent))
    places = [[escape(name) for name, _ in counts.levels], [escape(str(value)) for _, value in counts.levels]]
    for name, colour, networks in (
        ("all evaluated", MUTED, np.arange(len(counts.number))),
        ("front", ACCENT, np.asarray(front, dtype=np.intp)),
    ):
        figure.add_bar(
            name=name, x=places, y=counts.shares(networks).tolist(), marker={"color": colour},
            hovertemplate="%{x}: %{y:.1%}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="group")
    return figure


def _ranked(one: Importance) -> str:
    best = sorted(one.of.items(), key=lambda item: -item[1])[:_MOST]
    named = [f"{name} ({percent(value)})" for name, value in best if value >= _NAMED]
    if not named:
        return "no dimension counts alone"
    return f"these count most, by their share of its variance: {', '.join(named)}"


def _label(objective: Objective) -> str:
    label = quantity(objective.name).label
    return label if label.isupper() else label[0].lower() + label[1:]


def _key(one: Preference) -> tuple[str, str]:
    return one.dimension, one.setting


def _correlation(share: Floats, target: Floats) -> float:
    known = np.isfinite(target)
    if not known.any() or np.ptp(share[known]) == 0 or np.ptp(target[known]) == 0:
        return 0.0
    return float(np.corrcoef(share[known], target[known])[0, 1])
