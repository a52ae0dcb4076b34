"""Train networks alone, each by the same recipe, and keep their accuracies as a table that everyone can use.

usage: python benchmarks/ground_truth/make.py --data-dir ../shared/data/cifar10 [--networks 64] [--twice 16]

Draws networks ("sample", and ladders that differ in one dimension alone), trains each from scratch and writes
FOLDER/networks.csv, which `nas rank-check RUN --standalone` reads, with costs in FOLDER/costs.csv and everything that
decides an accuracy in FOLDER/recipe.json. Results are kept in --cache, so a stopped command continues where it was.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from nas.rank_check.ground_truth import TrainedAlone, write_ground_truth
from nas.rank_check.standalone import Cache, Recipe, train_alone
from nas.space_for import space_for
from predictors.table import CostTable
from search_spaces import Architecture, SearchSpace
from search_spaces.drawing import Drawn, stratified
from search_spaces.files import write_json_atomic
from supernet.data import ImageData, load_data, subset


def main() -> None:
    """Train what is not in the cache yet and write the table."""
    arguments = _arguments()
    torch.set_num_threads(1)
    data = subset(load_data(arguments.data, arguments.data_dir), arguments.train_images, arguments.validation_images)
    space = space_for(data, arguments.space, arguments.scale)
    training = {"epochs": arguments.epochs, "batch_size": arguments.batch_size}
    recipe = Recipe.of(1024, **training, learning_rate=arguments.learning_rate)
    costs = CostTable(space)
    drawn = stratified(space, arguments.networks, 0, lambda a: costs.price(a)["macs"])
    cache = Cache(arguments.cache or arguments.out / "cache", data.digest, recipe)
    twice = {drawn[i * len(drawn) // arguments.twice].architecture.digest for i in range(arguments.twice)}
    jobs = [(one.architecture, 0) for one in drawn]
    jobs += [(one.architecture, 1) for one in drawn if one.architecture.digest in twice]
    run(jobs, data, recipe, cache)
    write(arguments.out, drawn, space, data, recipe, cache)


def run(jobs: Sequence[tuple[Architecture, int]], data: ImageData, recipe: Recipe, cache: Cache) -> None:
    """Train each (architecture, seed) that the cache lacks."""
    left = [job for job in jobs if cache.get(*job) is None]
    for number, (architecture, seed) in enumerate(left, start=1):
        started = time.process_time()
        accuracy = train_alone(architecture, data, recipe, seed)
        cache.put(architecture, seed, accuracy)
        seconds = time.process_time() - started
        print(f"{number} of {len(left)}: {accuracy:.4f} in {seconds:.0f} s of one core", flush=True)


def write(
    folder: Path, drawn: Sequence[Drawn], space: SearchSpace, data: ImageData, recipe: Recipe, cache: Cache
) -> None:
    """Write networks.csv, costs.csv and recipe.json."""
    networks = []
    for one in drawn:
        found = (cache.get(one.architecture, seed) for seed in (0, 1))
        networks.append(TrainedAlone(one, tuple(accuracy for accuracy in found if accuracy is not None)))
    write_ground_truth(folder / "networks.csv", networks)
    write_json_atomic(folder / "recipe.json", _record(space, data, recipe))
    table = CostTable(space)
    with (folder / "costs.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["digest", "macs", "params", "activations"])
        for one in drawn:
            writer.writerow([one.architecture.digest, *table.price(one.architecture).values()])


def _record(space: SearchSpace, data: ImageData, recipe: Recipe) -> dict[str, Any]:
    """Return everything that decides an accuracy but the architecture and the seed."""
    images = {"name": data.name, "digest": data.digest, "train": len(data.train), "validation": len(data.validation)}
    place = {"name": space.name, "scale": space.scale, "digest": space.digest}
    return {"space": place, "data": images, **recipe.to_dict(), "torch": torch.__version__}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="lk_convnet")
    parser.add_argument("--scale", default="small")
    parser.add_argument("--data", default="cifar10")
    parser.add_argument("--data-dir")
    parser.add_argument("--train-images", type=int, default=10_000)
    parser.add_argument("--validation-images", type=int, default=10_000)
    parser.add_argument("--networks", type=int, default=64)
    parser.add_argument("--twice", type=int, default=16, help="so many of them with a second seed")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--cache", type=Path, help="folder of finished trainings, OUT/cache otherwise")
    return parser.parse_args()


if __name__ == "__main__":
    main()
