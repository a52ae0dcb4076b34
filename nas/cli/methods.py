"""``nas methods``: how supernets can be trained."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from nas.cli.console import out

app = typer.Typer(no_args_is_help=True, help="The training methods of supernets.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@app.command("list")
def list_(
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="The table of docs/training.md.")] = False,
) -> None:
    """List the shipped methods: sampler, objective, schedule, sharing, what it is."""
    from supernet.sharing import Sharing
    from supernet.training import load_method, method_summary, methods

    rows = {name: {**method_summary(name), **load_method(name).to_dict()} for name in methods()}
    if as_json:
        print(json.dumps(rows))
        return
    if markdown:
        print(_markdown(rows), end="")
        return
    table = Table("method", "sampler", "objective", "schedule", "sharing", "what it is", box=None)
    for name, row in rows.items():
        own = [option for option, value in row["sharing"].items() if value != Sharing().to_dict()[option]]
        table.add_row(name, *_parts(row), ", ".join(own) or "all", row["summary"])
    out.print(table)
    out.print("next  nas train --space lk_convnet --method NAME, or write a method file (docs/training.md)")


def _parts(row: Mapping[str, Any]) -> list[str]:
    """Return the names of sampler, objective and schedule."""
    return [next(iter(row[part])) for part in ("sampler", "objective", "schedule")]


def _markdown(rows: Mapping[str, Mapping[str, Any]]) -> str:
    lines = ["| method | sampler | objective | schedule | what it is | paper |", "|---|---|---|---|---|---|"]
    for name, row in rows.items():
        cells = [name, *_parts(row), row["summary"], row.get("paper", "").removeprefix("https://")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
