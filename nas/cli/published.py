"""``nas published``: the networks of papers that are points of the language, for reference on every front."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from nas.cli.console import out

app = typer.Typer(no_args_is_help=True, help="Published networks as architecture files.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the published networks with paper, year and accuracy."""
    from search_spaces.published import published

    networks = published().values()
    if as_json:
        print(json.dumps([{**asdict(one), "file": str(one.path)} for one in networks]))
        return
    table = Table("network", "top-1 %", "year", "paper", box=None)
    for one in networks:
        table.add_row(one.name, "" if one.top1 is None else f"{one.top1:g}", str(one.year), one.paper)
    out.print(table)
    out.print("next  nas published show NAME, or nas price NAME")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A network of `nas published list`.")],
    as_json: Json = False,
) -> None:
    """Show where a network is from, what it costs and where its file is."""
    from predictors.costs import price_architecture
    from search_spaces.architecture import size_text
    from search_spaces.published import load_published, published

    architecture = load_published(name)
    one = published()[name]
    forms = {form: asdict(costs) for form, costs in price_architecture(architecture).items()}
    if as_json:
        facts = {**asdict(one), "file": str(one.path), "digest": architecture.digest}
        print(json.dumps({**facts, **forms, "architecture": architecture.to_dict()}))
        return
    out.print(f"[bold]{name}[/bold]: {one.paper}")
    if one.top1 is not None:
        out.print(f"ImageNet-1K top-1 {one.top1:g} % ({one.source}){': ' + one.note if one.note else ''}")
    size = size_text(architecture.resolution, architecture.layout, architecture.channels)
    out.print(f"input {size}, {architecture.classes} classes")
    for number, (stage, side) in enumerate(zip(architecture.stages, architecture.sides, strict=True), start=1):
        place = f"{stage.width} channels at {size_text(side, architecture.layout)}"
        out.print(f"stage {number}: {len(stage.blocks)} blocks of {place}")
    for form, costs in forms.items():
        out.print(f"{form}: {costs['params']:,} params, {costs['macs']:,} MACs, {costs['activations']:,} activations")
    out.print(f"file  {one.path}")
