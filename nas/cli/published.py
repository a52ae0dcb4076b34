"""``nas published``: the networks of papers that are points of the language, for reference on every front."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from nas.cli.console import out

if TYPE_CHECKING:
    from search_spaces.published import PublishedNetwork

app = typer.Typer(no_args_is_help=True, help="Published networks as architecture files.")
_HEADERS = ("year", "top-1 %", "params M", "GMACs")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@app.command("list")
def list_(
    costs: Annotated[bool, typer.Option("--costs", help="Count params and MACs too, deployed: a minute.")] = False,
    as_json: Json = False,
) -> None:
    """List the published networks with paper, year and accuracy; a paper stands beside the first of its networks."""
    from search_spaces.published import published

    networks = list(published().values())
    counted = _costs(networks) if costs else [{} for _ in networks]
    if as_json:
        rows = zip(networks, counted, strict=True)
        print(json.dumps([{**asdict(one), "file": str(one.path), **cost} for one, cost in rows]))
        return
    table = Table(
        Column("network", no_wrap=True), *(Column(header, justify="right") for header in _HEADERS[: 4 if costs else 2]),
        "paper", box=None,
    )  # fmt: skip
    paper = ""
    for one, cost in zip(networks, counted, strict=True):
        figures = [f"{cost['params'] / 1e6:.2f}", f"{cost['macs'] / 1e9:.3f}"] if costs else []
        top1 = "" if one.top1 is None else f"{one.top1:g}"
        table.add_row(one.name, str(one.year), top1, *figures, "" if one.paper == paper else one.paper)
        paper = one.paper
    out.print(table)
    out.print("next  nas published show NAME, or nas price NAME")


def _costs(networks: Sequence[PublishedNetwork]) -> list[dict[str, int]]:
    """Return params, macs and activations of the deploy forms; equal blocks are counted once."""
    from nas.cli.console import Narrator
    from predictors.table import CostCounter

    counter, counted = CostCounter("deploy"), []
    with Narrator().phase("counting", len(networks)) as phase:
        for done, one in enumerate(networks, start=1):
            counted.append(counter.price(one.architecture()))
            phase.update(done)
    return counted


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
        out.print(f"stage {number}: {len(stage.blocks)} {'block' if len(stage.blocks) == 1 else 'blocks'} of {place}")
    for form, costs in forms.items():
        out.print(f"{form}: {costs['params']:,} params, {costs['macs']:,} MACs, {costs['activations']:,} activations, "
                  f"{costs['macs_per_weight_byte']:.2f} MACs per byte of weights, "
                  f"{costs['macs_per_activation_byte']:.2f} of activations")  # fmt: skip
    out.print(f"file  {one.path}")
