"""How a run went, in the report: progress of the search, training of the supernet, trust in its order."""

from __future__ import annotations

import shlex

from analysis.figures import figure_html, hypervolume_figure
from analysis.page import remark, section, table
from analysis.ranking import bars_figure, scatter_figure
from analysis.report_words import any_evaluated, reference_text, safe
from analysis.run import Run
from analysis.training import exposure_rows, final_losses, loss_figure


def progress_section(run: Run) -> str:
    """Return the HTML of the hypervolume by evaluations."""
    text = (
        f"The hypervolume, in {_volume_unit(run)}, is the volume between the front and the reference point "
        f"({reference_text(run)}). "
        "A curve that is still rising says that more evaluations may help."
    )
    if not any_evaluated(run):
        return section("Progress of the search", remark("No network was evaluated."))
    return section("Progress of the search", remark(text), figure_html(hypervolume_figure(run), "hypervolume"))


def _volume_unit(run: Run) -> str:
    return " × ".join(objective.unit or objective.name for objective in run.objectives)


def training_section(run: Run) -> str:
    """Return the HTML of the training's curves and exposure."""
    title, training = "Training of the supernet", run.training
    if training is None or training.empty:
        return section(title, remark("This run took a trained supernet; its curves are in the run that trained it."))
    text = (
        f"The loss of each kind of subnet (at the end {final_losses(training)} nats). Subnets that learn from the "
        "largest one have another loss than it: compare a curve with itself. A curve that is still falling says that "
        "more epochs may help."
    )
    figure = figure_html(loss_figure(training), "training")
    exposure = table(
        ("Choice", "Least trained", "Most trained"), [[safe(cell) for cell in row] for row in exposure_rows(training)]
    )
    return section(title, remark(text), figure, exposure)


def ranking_section(run: Run) -> str:
    """Return the HTML of the rank check, or how to do one."""
    title = "Can the supernet's order be trusted?"
    ranking = run.ranking
    if ranking is None:
        command = f"nas rank-check {shlex.quote(str(run.path))}"
        text = "It was not checked. This command trains a sample of networks alone and compares the orders:"
        return section(title, remark(text), f"<pre>{safe(command)}</pre>")
    text = (
        f"{len(ranking['networks'])} networks were trained alone. Every dot is one of them; the bars are Kendall's tau "
        "with 95 % intervals: 1 is the same order, 0 no relation. A dimension's pairs differ in it alone."
    )
    words = "".join(f"<li>{safe(sentence)}</li>" for sentence in ranking["words"])
    scatter = figure_html(scatter_figure(ranking), "ranking")
    return section(title, remark(text), f"<ul>{words}</ul>", scatter, figure_html(bars_figure(ranking), "dimensions"))
