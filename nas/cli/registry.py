"""``nas registry``: list, show, verify, import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from nas.cli.console import out
from search_spaces.errors import InputError

app = typer.Typer(no_args_is_help=True, help="Look at registered networks.")
Root = Annotated[Path, typer.Option("--registry", help="Folder of the registry.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@app.command("list")
def list_(registry: Root = Path("registry"), as_json: Json = False) -> None:
    """List every entry with its accuracy and costs."""
    from nas.registry import Registry

    entries = Registry(registry).entries()
    rows = [{"entry": entry.ref, "digest": entry.digest, **entry.figures()} for entry in entries]
    if as_json:
        print(json.dumps(rows))
        return
    table = Table("entry", "test acc. %", "measured ms", "MMACs", "params k", "digest", box=None)
    for row in rows:
        table.add_row(
            row["entry"],
            _scaled(row.get("accuracy_test"), 100),
            _scaled(row.get("latency_measured_ms"), 1),
            _scaled(row.get("macs"), 1e-6),
            _scaled(row.get("params"), 1e-3),
            row["digest"][:12],
        )
    out.print(table if rows else f"{registry} holds no entries. nas search --space lk_convnet makes some.")


def _scaled(value: float | None, factor: float) -> str:
    return "-" if value is None else f"{value * factor:.2f}"


@app.command()
def show(entry: str, registry: Root = Path("registry")) -> None:
    """Print the card of an entry (name, name/version, name@alias, or a digest's first characters)."""
    from nas.registry import Registry

    print(Registry(registry).get(entry).card)


@app.command()
def verify(
    entry: Annotated[str | None, typer.Argument(help="One entry.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every entry.")] = False,
    registry: Root = Path("registry"),
) -> None:
    """Check every file of an entry against its digest, and that the weights fit the architecture."""
    from nas.registry import Registry

    if (entry is None) != all_:
        raise InputError("give one entry, or --all")
    store = Registry(registry)
    problems = []
    for one in store.entries() if entry is None else [store.get(entry)]:
        try:
            store.verify(one)
            out.print(f"{one.ref}: whole")
        except InputError as error:
            problems.append(f"{one.ref}: {error}")
    if problems:
        raise InputError("\n".join(problems))


@app.command("import")
def import_(
    source: Annotated[str, typer.Argument(help="timm:NAME, a supported model of pytorch-image-models.")],
    pretrained: Annotated[bool, typer.Option("--pretrained", help="Let timm fetch its trained weights.")] = False,
    weights: Annotated[Path | None, typer.Option(help="timm's weights as a .safetensors file; works offline.")] = None,
    registry: Root = Path("registry"),
) -> None:
    """Register a published network with timm's weights, to compare with, to export or to continue from."""
    kind, colon, name = source.partition(":")
    if kind != "timm" or not colon:
        raise InputError(f"{source!r}: expected timm:NAME, such as timm:convnext_tiny")
    from nas.registry import Registry
    from nas.timm_import import import_timm

    entry = import_timm(Registry(registry), name, pretrained=pretrained, weights=weights)
    out.print(f"{entry.ref}: {entry.lineage['weights']}")
    if not pretrained and weights is None:
        out.print("These weights are not trained: --pretrained fetches timm's, --weights FILE reads them.")
    where = "" if str(registry) == "registry" else f" --registry {registry}"
    out.print(f"next  nas registry show {entry.name}{where}, or nas export {entry.name} --onnx{where}")
