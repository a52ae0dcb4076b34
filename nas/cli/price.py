"""``nas price``: what an architecture file costs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from nas.cli.console import out

if TYPE_CHECKING:
    from search_spaces import Architecture

Option = typer.Option


def price(
    file: Annotated[Path, typer.Argument(help="An architecture file (JSON), or the name of a published network.")],
    training: Annotated[bool, Option("--training", help="Also a training step: memory, and time here.")] = False,
    batch: Annotated[int, Option(help="Images of a training step.", min=2)] = 8,
    threads: Annotated[int, Option(help="Threads of a training step.", min=1)] = 1,
    device: Annotated[str, Option(help="cpu or cuda, of a training step.")] = "cpu",
    as_json: Annotated[bool, Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Count params, MACs, activations, memory and arithmetic intensity of a network, in train and deploy form."""
    from predictors.costs import price_architecture
    from search_spaces.published import read_network

    architecture = read_network(file)
    forms = {form: asdict(costs) for form, costs in price_architecture(architecture).items()}
    step = {"training": _training(architecture, batch, threads, device)} if training else {}
    if as_json:
        print(json.dumps({"digest": architecture.digest, **forms, **step}))
        return
    table = Table("cost", *forms, box=None, title=f"{file}, batch 1, float32")
    for cost in next(iter(forms.values())):
        table.add_row(cost, *(_text(costs[cost]) for costs in forms.values()))
    out.print(table)
    if training:
        _show_training(step["training"])


def _training(architecture: Architecture, batch: int, threads: int, device: str) -> dict[str, Any]:
    """Return the costs of a step that trains the network alone, with the key of what is a time."""
    from predictors.backends import Setting
    from predictors.training import TrainingStep, measure_training, training_memory
    from supernet import build

    backend, network = TrainingStep(Setting(batch, threads, "float32", device)), build(architecture)
    memory = training_memory(network, architecture.input_shape, batch)
    key, measured, rate = measure_training(network, architecture.input_shape, backend)
    times = {"train_step_ms": measured.median_ms, "train_step_iqr_ms": measured.iqr_ms, "noisy": measured.noisy}
    return {**asdict(memory), "train_images_per_second": rate, **times, "key": key.to_dict()}


def _show_training(found: dict[str, Any]) -> None:
    key = found["key"]
    table = Table("training", f"batch {key['batch']}, float32", box=None)
    for cost in ("saved_activation_bytes", "peak_training_memory_bytes", "train_images_per_second", "train_step_ms"):
        table.add_row(cost, _text(found[cost]))
    out.print(table)
    noisy = ", noisy: something else was running" if found["noisy"] else ""
    out.print(f"timed on {key['device']}, {key['versions']}, threads: {key['threads']}{noisy}")


def _text(cost: float) -> str:
    return f"{cost:,}" if isinstance(cost, int) else f"{cost:,.2f}"
