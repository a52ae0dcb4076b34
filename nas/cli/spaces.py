"""``nas spaces``: list, show, validate, sample, schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from nas.cli.console import out

if TYPE_CHECKING:
    from search_spaces import SearchSpace

app = typer.Typer(no_args_is_help=True, help="Look at search spaces.")
Name = Annotated[str, typer.Argument(help="A shipped space, or the path of a space file.")]
Scale = Annotated[str | None, typer.Option(help="A scale of the space; the resolution picks one otherwise.")]
Resolution = Annotated[int | None, typer.Option(min=1, help="Side of the images in pixels.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the shipped spaces with their scales."""
    from search_spaces.catalogue import list_spaces, space_files

    rows = []
    for name in list_spaces():
        files = space_files(name)
        sizes = {scale: file.input.resolution[0] for scale, file in files.items()}
        rows.append({"name": name, "scales": sizes, "summary": next(iter(files.values())).summary})
    if as_json:
        print(json.dumps(rows))
        return
    table = Table("space", "scales (pixels)", "what it is", box=None)
    for row in rows:
        sizes = ", ".join(f"{scale} ({pixels})" for scale, pixels in row["scales"].items())
        table.add_row(row["name"], sizes, row["summary"])
    out.print(table)


@app.command()
def show(name: Name, scale: Scale = None, resolution: Resolution = None, as_json: Json = False) -> None:
    """Print every dimension with its choices, the exact number of networks, and the range of costs."""
    from predictors.table import CostTable
    from search_spaces import load_space
    from search_spaces.architecture import size_text
    from search_spaces.published import published_in

    space = load_space(name, scale=scale, resolution=resolution)
    ranges = CostTable(space).range()
    if as_json:
        print(json.dumps(_description(space, ranges)))
        return
    out.print(f"[bold]{space.name}[/bold], scale {space.scale}: {space.summary}")
    sizes = " or ".join(size_text(side, space.layout, space.channels) for side in space.resolutions)
    out.print(f"input {sizes}, {space.classes} classes")
    out.print(_dimensions(space))
    for condition in _conditions(space):
        out.print(condition)
    if known := published_in(space):
        out.print(f"published networks in it: {_list(tuple(one.name for one in known))}")
    out.print(f"{space.cardinality():,} networks (exactly)")
    for cost, (low, high) in ranges.items():
        out.print(f"{cost}: {low:,} to {high:,}")


def _description(space: SearchSpace, ranges: dict[str, tuple[int, int]]) -> dict[str, object]:
    from search_spaces.published import published_in

    return {
        "name": space.name,
        "scale": space.scale,
        "digest": space.digest,
        "resolutions": space.resolutions,
        "architectures": space.cardinality(),
        "ranges": ranges,
        "published": [one.name for one in published_in(space)],
        "dimensions": [{"name": d.name, "choices": d.choices, "condition": d.condition} for d in space.dimensions],
    }


def _dimensions(space: SearchSpace) -> Table:
    """One row per choice; stages whose downsamplings or blocks have equal choices share their rows."""
    from search_spaces.architecture import size_text

    table = Table(Column("choice", no_wrap=True), Column("values", overflow="fold"), box=None)
    for stage in space.stages:
        table.add_row(f"[bold]stage {stage.index + 1}[/bold]", size_text(stage.side, space.layout))
        table.add_row("  depth", _list(stage.depths))
        table.add_row("  width", _list(stage.widths))
    for title, place, cut in (("before", "downsample", 1), ("each block of", 0, 2)):
        for choices, stages in _by_choices(space, place, cut).items():
            every = len(stages) == len(space.stages) > 1
            where = "every stage" if every else f"stage{'s' * (len(stages) > 1)} {_list(stages)}"
            table.add_row(f"[bold]{title} {where}[/bold]")
            for name, values in choices:
                table.add_row(f"  {name}", values)
    return table


def _by_choices(space: SearchSpace, place: str | int, cut: int) -> dict[tuple[tuple[str, str], ...], tuple[int, ...]]:
    """Return the stages (from 1) that have each set of choices, (name, values), at a place: downsample or block 0."""
    found: dict[tuple[tuple[str, str], ...], tuple[int, ...]] = {}
    for stage in space.stages:
        here = [d for d in space.dimensions if d.key[:2] == (stage.index, place)]
        choices = tuple((d.name.split(".", cut)[cut], _list(d.choices)) for d in here)
        if choices:
            found[choices] = (*found.get(choices, ()), stage.index + 1)
    return found


def _conditions(space: SearchSpace) -> list[str]:
    """Say the ties and rules of a space, each once, with the stages that it holds in."""
    stages: dict[str, list[int]] = {}
    for stage in space.stages:
        for text in (*(f"tie: {tie.text}" for tie in stage.ties), *(f"rule: {rule.text}" for rule in stage.rules)):
            stages.setdefault(text, []).append(stage.index + 1)
    every = [stage.index + 1 for stage in space.stages]
    found = [text if where == every else f"{text} (stage {_list(tuple(where))})" for text, where in stages.items()]
    return [*found, *(f"rule: {rule.text}" for rule in space.depth_rules)]


def _list(values: tuple[object, ...]) -> str:
    return ", ".join(map(str, values))


@app.command()
def validate(name: Name, scale: Scale = None, resolution: Resolution = None) -> None:
    """Check a space file at every scale (or the one given)."""
    from search_spaces import load_space, scales

    for chosen in [scale] if scale else list(scales(name)):
        space = load_space(name, scale=chosen, resolution=resolution)
        out.print(f"{name}: scale {space.scale} is valid, {space.cardinality():,} networks")


@app.command()
def schema(to: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("docs/schema")) -> None:
    """Write the JSON Schemas of space files and architecture files, from which editors complete keys."""
    from search_spaces.files import write_json_atomic
    from search_spaces.schema import architecture_schema, space_schema

    for name, document in (("space", space_schema()), ("architecture", architecture_schema())):
        path = to / f"{name}.schema.json"
        write_json_atomic(path, document)
        out.print(f"{path}")


@app.command()
def sample(
    name: Name,
    count: Annotated[int, typer.Option(min=1, help="How many networks.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds draw equal networks.")] = 0,
    scale: Scale = None,
    resolution: Resolution = None,
) -> None:
    """Draw networks; print their architecture JSON (one document for one network, a list for more)."""
    import numpy as np

    from search_spaces import load_space

    space = load_space(name, scale=scale, resolution=resolution)
    rng = np.random.default_rng(seed)
    drawn = [space.sample(rng).to_dict() for _ in range(count)]
    print(json.dumps(drawn[0] if count == 1 else drawn, indent=2))
