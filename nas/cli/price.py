"""``nas price``: what an architecture file costs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from nas.cli.console import out


def price(
    file: Annotated[Path, typer.Argument(help="An architecture file (JSON), or the name of a published network.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Count params, MACs, activations and memory of a network, in train and deploy form."""
    from predictors.costs import price_architecture
    from search_spaces import read_architecture
    from search_spaces.published import load_published, published

    named = not file.suffix and not file.exists() and file.name in published()
    architecture = load_published(file.name) if named else read_architecture(file)
    forms = {form: asdict(costs) for form, costs in price_architecture(architecture).items()}
    if as_json:
        print(json.dumps({"digest": architecture.digest, **forms}))
        return
    table = Table("cost", *forms, box=None, title=f"{file}, batch 1, float32")
    for cost in next(iter(forms.values())):
        table.add_row(cost, *(_text(costs[cost]) for costs in forms.values()))
    out.print(table)


def _text(cost: float) -> str:
    return f"{cost:,}" if isinstance(cost, int) else f"{cost:,.2f}"
