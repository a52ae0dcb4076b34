"""``nas train``: the supernet alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from nas.cli.console import Narrator, out
from nas.run_folder import RunFolder, next_name
from nas.settings import DATA_HELP, THREADS_HELP, TRAIN_WORKERS_HELP, SearchSettings, TrainingSettings, read_count

Option = typer.Option


def train(
    space: Annotated[str, Option(help="A shipped space, or the path of a space file.")],
    data: Annotated[str, Option(help=DATA_HELP)] = "digits",
    data_dir: Annotated[str | None, Option(help="Folder of the files of mnist or cifar10.")] = None,
    scale: Annotated[str | None, Option(help="Scale of the space.")] = None,
    epochs: Annotated[int | None, Option(help="8 to 20 by the number of images otherwise.")] = None,
    batch_size: Annotated[int, Option(help="Images a step.")] = 64,
    learning_rate: Annotated[float, Option(help="Peak, AdamW.")] = 2e-3,
    method: Annotated[str, Option(help="A shipped training method (nas methods), or a method file.")] = "sandwich",
    train_workers: Annotated[str, Option(help=TRAIN_WORKERS_HELP)] = "auto",
    ray_address: Annotated[str | None, Option(help="Join this Ray cluster (several workers).")] = None,
    teacher: Annotated[str | None, Option(help="Registry entry that --method external_teacher learns from.")] = None,
    registry: Annotated[Path, Option(help="Folder of the registry with the teacher.")] = Path("registry"),
    seed: Annotated[int, Option(help="Equal seeds give equal weights.")] = 0,
    threads: Annotated[str, Option(help=THREADS_HELP)] = "auto",
    name: Annotated[str | None, Option(help="Name of the run.")] = None,
    out_dir: Annotated[Path, Option("--out", help="Folder of runs.")] = Path("runs"),
    resume: Annotated[bool, Option("--resume", help="Continue a training that was stopped.")] = False,
    quiet: Annotated[bool, Option("--quiet", help="No narration.")] = False,
    as_json: Annotated[bool, Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Train the weight-sharing supernet of a space; ``nas search --supernet RUN`` uses it."""
    from nas.pipeline import train_supernet
    from nas.plan import make_plan

    training = TrainingSettings(
        epochs, batch_size, learning_rate, method, read_count("--train-workers", train_workers), teacher, str(registry)
    )
    settings = SearchSettings(
        space, scale, data, data_dir, seed=seed, threads=read_count("--threads", threads), training=training
    )
    narrator, plan = Narrator(quiet), make_plan(settings)
    folder = RunFolder(out_dir, name or next_name(out_dir, f"{plan.default_name}-supernet", resume))
    folder.prepare(plan.config(), resume)
    with folder.lock():
        _, digest = train_supernet(plan, folder, narrator, ray_address)
    if as_json:
        print(json.dumps({"run": str(folder.path), "weights": digest, "epochs": plan.training.epochs}))
        return
    out.print(f"supernet  {folder.supernet}, weights {digest[:12]}")
    source = f" --data-dir {data_dir}" if data_dir else ""
    out.print(f"next      nas search --space {space} --data {data}{source} --supernet {folder.path}")
