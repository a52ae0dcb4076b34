"""report.html: one self-contained page that says what a search found, why, and what to do next."""

from __future__ import annotations

from pathlib import Path

from plotly.offline import get_plotlyjs

from analysis.course_section import progress_section, ranking_section, training_section
from analysis.front_section import diagram_section, front_section, network_section
from analysis.headline import headline
from analysis.latency_section import latency_section
from analysis.origin_section import next_section, origin_section
from analysis.overview import write_overview
from analysis.page import page
from analysis.report_words import device_views
from analysis.run import Run
from analysis.winners import winner_section
from search_spaces.files import write_text_atomic


def write_report(run_path: Path | str) -> Path:
    """Write ``report.html`` into a finished run folder and return its path.

    Where there is a front of each of several devices, ``report@DEVICE.html`` is the page of one of them.
    The file needs no network and nothing beside it. Equal runs give equal bytes. Raises InputError naming the
    file when the run is unfinished or one of its files is broken, and when the report cannot be written.
    """
    run = Run(run_path)
    if not run.fronts:
        return _write(run, "report.html")
    for device in run.devices:
        _write(Run(run_path, device), f"report@{device}.html")
    return write_overview(run)


def _write(run: Run, name: str) -> Path:
    sections = [
        headline(run),
        front_section(run),
        winner_section(run),
        network_section(run),
        diagram_section(run),
        *(latency_section(view) for view in device_views(run)),
        progress_section(run),
        training_section(run),
        ranking_section(run),
        origin_section(run),
        next_section(run),
    ]
    path, title = run.path / name, f"{run.config['name']}: nas search report"
    write_text_atomic(path, page(f"{title}{run.device and f' ({run.device})'}", sections, get_plotlyjs()))
    return path
