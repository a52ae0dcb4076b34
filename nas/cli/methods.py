"""``nas methods``: how supernets can be trained."""

from __future__ import annotations

import json
from typing import Annotated

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

    if markdown:
        print(methods_table(), end="")
        return
    rows = {name: load_method(name).to_dict() for name in methods()}
    if as_json:
        print(json.dumps({name: {**method_summary(name), **row} for name, row in rows.items()}))
        return
    table = Table("method", "sampler", "objective", "schedule", "sharing", "what it is", box=None)
    for name, row in rows.items():
        parts = (next(iter(row[part])) for part in ("sampler", "objective", "schedule"))
        own = [option for option, value in row["sharing"].items() if value != Sharing().to_dict()[option]]
        table.add_row(name, *parts, ", ".join(own) or "all", method_summary(name)["summary"])
    out.print(table)
    out.print("next  nas train --space lk_convnet --method NAME, or write a method file (docs/training.md)")


def methods_table() -> str:
    """Return the shipped methods as a Markdown table."""
    from supernet.training import load_method, method_summary, methods

    rows = ["| method | sampler | objective | schedule | what it is | paper |", "|---|---|---|---|---|---|"]
    for name in methods():
        parts, told = load_method(name).to_dict(), method_summary(name)
        chosen = (next(iter(parts[part])) for part in ("sampler", "objective", "schedule"))
        cells = [name, *chosen, told["summary"], told.get("paper", "").removeprefix("https://")]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"
