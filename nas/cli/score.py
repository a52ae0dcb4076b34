"""``nas score``: what can be said of an architecture without training it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from nas.cli.console import out
from nas.settings import DATA_HELP
from search_spaces.errors import InputError

if TYPE_CHECKING:
    from predictors.zero_cost import Batch

Option = typer.Option


def score(
    file: Annotated[Path, typer.Argument(help="An architecture file (JSON), or the name of a published network.")],
    data: Annotated[str | None, Option(help=f"Its images are shown to the network. {DATA_HELP}")] = None,
    data_dir: Annotated[str | None, Option(help="Folder of the files of mnist or cifar10.")] = None,
    images: Annotated[int, Option(help="Training images that are shown.")] = 64,
    seed: Annotated[int, Option(help="Draws the weights and the images.")] = 0,
    as_json: Annotated[bool, Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Score a network that nobody has trained: by its structure, its random weights, and with --data by images.

    docs/accuracy.md says what each score is worth: compare networks of one space by them, never two spaces.
    """
    from predictors.zero_cost import SCORES
    from search_spaces.published import read_network

    if images < 2:
        raise InputError(f"--images must be at least 2, found {images}")
    architecture = read_network(file)
    batch = None if data is None else _batch(data, data_dir, images, seed)
    rows: dict[str, Any] = {}
    for name, one in SCORES.items():
        try:
            rows[name] = one(architecture, batch, seed)
        except InputError as error:
            if batch is not None and one.needs_images:
                raise
            rows[name] = "needs --data" if one.needs_images else str(error)
    if as_json:
        numbers = {name: value if isinstance(value, float) else None for name, value in rows.items()}
        print(json.dumps({"digest": architecture.digest, "seed": seed, "scores": numbers}))
        return
    table = Table("score", "value", box=None, title=f"{file}, untrained")
    for name, value in rows.items():
        table.add_row(name, f"{value:.6g}" if isinstance(value, float) else value)
    out.print(table)


def _batch(data: str, data_dir: str | None, count: int, seed: int) -> Batch:
    """Return normalised training images, a random mixture of classes."""
    import torch

    from predictors.zero_cost import Batch
    from supernet.data import load_data

    found = load_data(data, data_dir)
    order = torch.randperm(len(found.train), generator=torch.Generator().manual_seed(seed))
    chosen = found.train.select(order[:count])
    return Batch(found.normalise(chosen.images), chosen.labels)
