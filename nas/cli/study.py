"""``nas study``: a run for optuna-dashboard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nas.cli.console import out


def study(
    run: Annotated[Path, typer.Argument(help="The folder of a run, finished or not.")],
    file: Annotated[Path | None, typer.Option("--out", help="Where; study.log in the run's folder otherwise.")] = None,
) -> None:
    """Write what a run has evaluated as an Optuna journal file, which optuna-dashboard opens."""
    from nas.study import write_study

    path = file or run / "study.log"
    for name, count in write_study(run, path).items():
        out.print(f"{path}: study {name}, {count} trials")
    out.print(f"next  optuna-dashboard {path}")
