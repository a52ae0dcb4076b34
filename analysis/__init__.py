"""What was learned: fronts, figures and reports of a finished search."""

from analysis.diagram import stage_diagram
from analysis.figures import front_figure, hypervolume_figure, latency_figure
from analysis.fronts import Objective, crowding, hypervolume, hypervolume_trace, non_dominated
from analysis.report import write_report
from analysis.run import Run, newest_run

__all__ = [
    "Objective",
    "Run",
    "crowding",
    "front_figure",
    "hypervolume",
    "hypervolume_figure",
    "hypervolume_trace",
    "latency_figure",
    "newest_run",
    "non_dominated",
    "stage_diagram",
    "write_report",
]
