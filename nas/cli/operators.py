"""``nas operators``: what blocks, stems, downsamplings and heads are made of."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Column, Table

from nas.cli.console import out
from search_spaces.errors import InputError, nearest

app = typer.Typer(no_args_is_help=True, help="The operators of the space language.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@app.command("list")
def list_(
    slot: Annotated[str | None, typer.Option(help="Only those that fill this slot.")] = None,
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="The page docs/operators.md.")] = False,
) -> None:
    """List the operators: slots, parameters, what shares weights, whether it merges, who uses it."""
    from nas.operators_page import facts, page
    from search_spaces.operators import OPERATORS

    known = sorted({name for words in OPERATORS.values() for name in words.slots})
    if slot is not None and slot not in known:
        raise InputError(f"no slot {slot!r}{nearest(slot, known)}")
    if markdown:
        print(page(), end="")
        return
    rows = [row for row in facts() if slot is None or slot in row.slots]
    if as_json:
        print(json.dumps([row.to_dict() for row in rows]))
        return
    table = Table(Column("operator", no_wrap=True), Column("slots", max_width=20), "what it is", box=None)
    for row in rows:
        table.add_row(row.name, ", ".join(row.slots), row.summary)
    out.print(table)
    out.print("next  nas operators show NAME")


@app.command()
def show(name: Annotated[str, typer.Argument(help="An operator.")], as_json: Json = False) -> None:
    """Show one operator: its parameters with their ranges, where it is legal, its paper, who uses it."""
    from nas.operators_page import facts
    from search_spaces.operators import OPERATORS, value_text

    if name not in OPERATORS:
        raise InputError(f"no operator {name!r}{nearest(name, OPERATORS)}")
    (row,) = (row for row in facts() if row.name == name)
    if as_json:
        print(json.dumps(row.to_dict()))
        return
    words = OPERATORS[name]
    out.print(f"[bold]{name}[/bold] ({', '.join(words.slots)}): {words.summary}")
    out.print(f"paper     {words.paper}")
    for parameter in words.parameters:
        default = "" if parameter.default is None else f", default {value_text(parameter.default)}"
        out.print(f"  {parameter.name}: {parameter.summary} ({parameter.range_text()}{default})")
    for rule in words.legal:
        out.print(f"legal     where {rule.text}")
    out.print(f"elastic   {', '.join(row.elastic)}")
    out.print(f"deployed  {'merges into a cheaper equal form' if row.merges else 'as trained'}")
    out.print(f"spaces    {', '.join(row.spaces) or 'none of those shipped'}")
    out.print(f"networks  {', '.join(row.networks) or 'none of those published'}")
