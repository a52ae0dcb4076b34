"""Train architectures alone, each by the same recipe, and keep their accuracies as a table that others can use.

usage: python benchmarks/ground_truth/make.py --data-dir ../shared/data/cifar10 [--networks 64] [--second-seeds 16]

Draws the architectures (architectures.json: digest -> group and architecture; a group is "sample", or networks that
differ in one dimension alone), trains each from scratch and appends one line per network and seed to accuracies.csv. A
stopped command continues where it was; the recipe is in recipe.json, and another recipe in the same folder is refused.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from nas.rank_check.standalone import train_alone
from predictors.table import CostTable
from search_spaces import Architecture, SearchSpace, load_space
from search_spaces.drawing import Drawn, stratified
from search_spaces.files import read_json, write_json_atomic
from supernet.data import ImageData, load_data, subset
from supernet.training import TrainConfig, load_method

FOLDER = Path(__file__).parent
COLUMNS = ("digest", "seed", "accuracy", "macs", "params", "activations", "seconds")


def main() -> None:
    """Train what is not in the table yet."""
    arguments = _arguments()
    torch.set_num_threads(1)
    data = subset(load_data(arguments.data, arguments.data_dir), arguments.train_images, arguments.validation_images)
    space = load_space(
        arguments.space, scale=arguments.scale, resolution=data.resolution,
        channels=data.channels, classes=len(data.classes),
    )  # fmt: skip
    config = TrainConfig(
        load_method("alone"), epochs=arguments.epochs, batch_size=arguments.batch_size,
        learning_rate=arguments.learning_rate,
    )  # fmt: skip
    arguments.out.mkdir(parents=True, exist_ok=True)
    _check_recipe(arguments.out / "recipe.json", recipe(space, data, config))
    architectures = draw(arguments.out / "architectures.json", space, arguments.networks)
    jobs = [(a, 0) for a in architectures] + [(a, 1) for a in _spread(architectures, arguments.second_seeds)]
    run(jobs, space, data, config, arguments.out / "accuracies.csv")


def recipe(space: SearchSpace, data: ImageData, config: TrainConfig) -> dict[str, Any]:
    """Return everything that decides an accuracy but the architecture and the seed."""
    images = {"digest": data.digest, "train": len(data.train), "validation": len(data.validation)}
    place = {"name": space.name, "scale": space.scale, "digest": space.digest}
    training = {key: value for key, value in config.to_dict().items() if key != "seed"}
    return {"space": place, "data": {"name": data.name, **images}, "training": training}


def _check_recipe(path: Path, wanted: dict[str, Any]) -> None:
    if path.exists() and read_json(path) != wanted:
        raise SystemExit(f"{path} holds another recipe; give another --out")
    write_json_atomic(path, wanted)


def draw(path: Path, space: SearchSpace, networks: int) -> list[Architecture]:
    """Return the architectures of the folder, drawn the first time."""
    if not path.exists():
        table = CostTable(space)
        drawn = stratified(space, networks, 0, lambda a: table.price(a)["macs"])
        entries = {one.architecture.digest: _entry(one) for one in drawn}
        write_json_atomic(path, entries)
    return [Architecture.from_dict(entry["architecture"]) for entry in read_json(path).values()]


def _entry(drawn: Drawn) -> dict[str, Any]:
    return {"group": drawn.group, "architecture": drawn.architecture.to_dict()}


def _spread(architectures: list[Architecture], count: int) -> list[Architecture]:
    """Return ``count`` of the architectures, evenly over their order."""
    return [architectures[i * len(architectures) // count] for i in range(count)]


def run(
    jobs: list[tuple[Architecture, int]], space: SearchSpace, data: ImageData, config: TrainConfig, path: Path
) -> None:
    """Train each (architecture, seed) that the table lacks and append its line."""
    table, done = CostTable(space), finished(path)
    left = [(a, seed) for a, seed in jobs if (a.digest, seed) not in done]
    for number, (architecture, seed) in enumerate(left, start=1):
        started = time.process_time()
        accuracy = train_alone(architecture, data, config, seed)
        costs = table.price(architecture)
        seconds = time.process_time() - started
        _append(path, [architecture.digest, seed, f"{accuracy:.4f}", *costs.values(), f"{seconds:.0f}"])
        print(f"{number} of {len(left)}: {accuracy:.4f} in {seconds:.0f} s of one core", flush=True)


def finished(path: Path) -> set[tuple[str, int]]:
    """Return the (digest, seed) that the table holds."""
    if not path.exists():
        return set()
    with path.open() as file:
        return {(row["digest"], int(row["seed"])) for row in csv.DictReader(file)}


def _append(path: Path, row: list[Any]) -> None:
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if fresh:
            writer.writerow(COLUMNS)
        writer.writerow(row)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="lk_convnet")
    parser.add_argument("--scale", default="small")
    parser.add_argument("--data", default="cifar10")
    parser.add_argument("--data-dir")
    parser.add_argument("--train-images", type=int, default=10_000)
    parser.add_argument("--validation-images", type=int, default=10_000)
    parser.add_argument("--networks", type=int, default=64)
    parser.add_argument("--second-seeds", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--out", type=Path, default=FOLDER)
    return parser.parse_args()


if __name__ == "__main__":
    main()
