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
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from nas.cli.console import Narrator
from nas.rank_check.check import RankSettings, train_drawn
from nas.rank_check.ground_truth import write_ground_truth
from nas.rank_check.standalone import Cache, Recipe
from nas.space_for import space_for
from predictors.table import COLUMNS, CostTable
from search_spaces import Drawn, SearchSpace, stratified
from search_spaces.files import write_json_atomic
from supernet.data import ImageData, load_data, subset


def main() -> None:
    """Train what is not in the cache yet and write the table."""
    arguments = _arguments()
    data = subset(load_data(arguments.data, arguments.data_dir), arguments.train_images, arguments.validation_images)
    space = space_for(data, arguments.space, arguments.scale)
    settings = RankSettings(
        arguments.networks, arguments.twice, arguments.epochs, arguments.batch_size, arguments.learning_rate,
        workers=arguments.workers,
    )  # fmt: skip
    training = {name: getattr(settings, name) for name in ("epochs", "batch_size", "learning_rate")}
    recipe = Recipe.of(1024, **training)
    table = CostTable(space)
    drawn = stratified(space, settings.networks, settings.seed, lambda a: table.price(a)["macs"])
    cache = Cache(arguments.cache or arguments.out / "cache", data.digest, recipe)
    networks = train_drawn(drawn, data, recipe, cache, settings, Narrator(quiet=False))
    write_ground_truth(arguments.out / "networks.csv", networks)
    write_json_atomic(arguments.out / "recipe.json", _record(arguments.space, space, data, recipe))
    _write_costs(arguments.out / "costs.csv", table, drawn)


def _write_costs(path: Path, table: CostTable, drawn: Sequence[Drawn]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["digest", *COLUMNS])
        for one in drawn:
            writer.writerow([one.architecture.digest, *table.price(one.architecture).values()])


def _record(name: str, space: SearchSpace, data: ImageData, recipe: Recipe) -> dict[str, Any]:
    """Return everything that decides an accuracy but the architecture and the seed. ``name`` may be a path."""
    images = {"name": data.name, "digest": data.digest, "train": len(data.train), "validation": len(data.validation)}
    place = {"name": name, "scale": space.scale, "digest": space.digest}
    return {"space": place, "data": images, **recipe.to_dict(), "torch": torch.__version__}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="lk_convnet")
    parser.add_argument("--scale", help="the images' size picks one otherwise")
    parser.add_argument("--data", default="cifar10")
    parser.add_argument("--data-dir")
    parser.add_argument("--train-images", type=int, default=10_000)
    parser.add_argument("--validation-images", type=int, default=10_000)
    parser.add_argument("--networks", type=int, default=64)
    parser.add_argument("--twice", type=int, default=16, help="so many of them with a second seed")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--workers", type=int, default=1, help="trainings at a time, each on one thread")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--cache", type=Path, help="folder of finished trainings, OUT/cache otherwise")
    return parser.parse_args()


if __name__ == "__main__":
    main()
