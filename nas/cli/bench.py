"""``nas bench``: the benchmarks of a checkout."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from nas.benchmarks import benchmarks, run_benchmark
from nas.cli.console import out

app = typer.Typer(no_args_is_help=True, help="Run the benchmarks behind the figures of the documentation.")


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False) -> None:
    """List the benchmarks, a line each."""
    from rich.table import Table

    found = benchmarks()
    if as_json:
        print(json.dumps(found))
        return
    table = Table("benchmark", "what it measures", box=None)
    for name, about in found.items():
        table.add_row(name, about)
    out.print(table)
    out.print("next  nas bench run NAME --help")


@app.command(context_settings={"allow_interspersed_args": False})
def run(
    name: Annotated[str, typer.Argument(help="One of nas bench list.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="Its own arguments; --help names them.")] = None,
) -> None:
    """Run a benchmark. Everything after its name is passed on to it."""
    raise typer.Exit(run_benchmark(name, arguments or []))
