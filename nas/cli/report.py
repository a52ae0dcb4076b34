"""``nas report``: the page of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(run: Annotated[Path, typer.Argument(help="The folder of a run.")]) -> None:
    """Write report.html, one self-contained page, into a run's folder."""
    from analysis.report import write_report

    print(write_report(run))
