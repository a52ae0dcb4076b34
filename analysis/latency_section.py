"""Latency in the report: predictions beside measurements, and how good the predictor is."""

from __future__ import annotations

from dataclasses import replace

from analysis.figures import figure_html, latency_figure
from analysis.held import coverage
from analysis.page import remark, section, table
from analysis.predictions import held_figures
from analysis.quantities import drift_text, known, percent, quantity
from analysis.report_words import cross_validation, latency_facts, safe
from analysis.run import Run


def latency_section(run: Run) -> str:
    """Return the HTML of a device's latency."""
    title = f"Predicted and measured latency{run.device and f' on {run.device}'}"
    if not any(known(entry, "latency_measured_ms") for entry in run.front["entries"]):
        text = "No network of the front was measured."
        return section(title, remark(text), _ladder(run), *_held_out(run))
    text = (
        "On the dashed line a prediction equals the measurement; bars are the prediction interval. "
        "Open circles are noisy measurements. " + cross_validation(run) + " " + drift_text(latency_facts(run))
    )
    figure = figure_html(latency_figure(run), f"latency{run.device}")
    return section(title, remark(text), figure, _ladder(run), *_held_out(run))


def _held_out(run: Run) -> list[str]:
    """Return figures of the profile's networks, each predicted from a fit that had not seen it."""
    found = run.held_out
    if not found:
        return []
    share = percent(coverage(found, 0.9))
    text = (
        f"The {len(found)} networks of the profile, each predicted from two thirds of the profile that it is not in: "
        f"90 % intervals hold {share} of them. Errors that follow the kernel, the mixer or the size say what the "
        "predictor has not understood. Where the last curve runs below its dashed line, intervals are too narrow."
    )
    drawn = held_figures(found, replace(quantity("latency_ms"), label="Latency"), relative=True)
    head = "<h3>Networks that the predictor had not seen</h3>"
    return [head, remark(text), *(figure_html(figure, f"{name}{run.device}") for name, figure in drawn.items())]


def _ladder(run: Run) -> str:
    """Return the predictors from the floors to the noise of the device, cross-validated on the profile."""
    ladder = latency_facts(run).get("ladder") or {}
    if not ladder:
        return ""
    rows = []
    for name, figures in sorted(ladder.items(), key=lambda item: item[1]["tau"]):
        shares = (percent(figures[key]) if key in figures else "" for key in ("within_10", "mape"))
        rows.append([safe(name.replace("_", " ")), f"{figures['tau']:.3f}", *shares])
    return table(("Predictor of latency", "Kendall's tau", "Within 10 %", "Mean error"), rows)
