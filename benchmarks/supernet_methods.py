"""Which training method makes a supernet rank networks as training them alone does.

usage: python benchmarks/supernet_methods.py --data-dir ../shared/data/cifar10 [--methods sandwich,single_path]
           [--ground-truth benchmarks/ground_truth] [--epochs 5] [--out FOLDER] [--json]

Every method trains a supernet on the images of the ground truth, each as many images, with the same settings; then the
networks of the ground truth are evaluated with its weights and their order is compared with the true one. Each method
runs in a process of its own, continues where it was stopped, and leaves a JSON in --out.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from nas.cli.console import Narrator
from nas.rank_check.check import ranked
from nas.rank_check.ground_truth import read_ground_truth
from nas.search.evaluate import EvaluationInputs, Evaluator
from nas.space_for import space_for
from predictors.rank_report import rank_report
from predictors.table import CostTable
from search_spaces import SearchSpace
from search_spaces.files import read_json, write_json_atomic
from supernet import Supernet
from supernet.data import ImageData, load_data, subset
from supernet.training import TrainConfig, load_method, methods, new_supernet, train

HERE = Path(__file__).parent
_OTHERS = ("alone", "external_teacher")  # no method of supernets; needs a teacher


def main() -> None:
    """Run the methods that have no result yet, then print the table."""
    arguments = _arguments()
    names = arguments.methods.split(",") if arguments.methods else [name for name in methods() if name not in _OTHERS]
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.one:
        write_json_atomic(_result(arguments.out, names[0]), measure(names[0], arguments))
        return
    for name in names:
        if not _result(arguments.out, name).exists():
            command = [sys.executable, *sys.argv, "--one", "--methods", name]
            if subprocess.run(command, check=False).returncode:
                print(f"{name}: failed, see above; the others go on", file=sys.stderr)
    results = [read_json(path) for name in names if (path := _result(arguments.out, name)).exists()]
    if arguments.json:
        print("\n".join(map(json.dumps, results)))
    elif results:
        print(table(results))


def _result(folder: Path, name: str) -> Path:
    return folder / f"{Path(name).stem}.json"


def measure(name: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train one supernet, evaluate the ground truth's networks with it, and return the figures."""
    torch.set_num_threads(1)
    recipe = read_json(arguments.ground_truth / "recipe.json")
    data = _data(recipe, arguments)
    space = space_for(data, recipe["space"]["name"], recipe["space"]["scale"])
    prices = CostTable(space)
    settings = recipe["training"]
    config = TrainConfig(
        load_method(name), epochs=arguments.epochs, batch_size=settings["batch_size"],
        learning_rate=arguments.learning_rate or settings["learning_rate"], seed=arguments.seed,
    )  # fmt: skip
    supernet, spent = _train(name, space, data, config, prices, arguments.out)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seen = min(arguments.evaluation_images, len(data.validation))
    data = replace(data, validation=data.validation.select(torch.arange(seen)))
    inputs = EvaluationInputs.of(supernet, data, recipe["recalibration_images"])
    alone = read_ground_truth(arguments.ground_truth / "networks.csv", space)
    networks = ranked(inputs, prices, alone, Narrator(quiet=False))
    evaluator = Evaluator(inputs)
    accuracies = [network.inherited for network in networks]
    return {
        "method": Path(name).stem,
        "images": config.epochs * config.steps_per_epoch(len(data.train)) * config.batch_size,
        "networks": len(networks),
        "mean_accuracy": float(np.mean(accuracies)),
        "best_accuracy": max(accuracies),
        "smallest_accuracy": evaluator.evaluate(space.smallest())["accuracy"],
        "largest_accuracy": evaluator.evaluate(space.largest())["accuracy"],
        **spent,
        "peak_memory_mib": peak / 1024,
        "report": rank_report(networks).to_dict(),
        "inherited": {network.digest: network.inherited for network in networks},
    }


def _data(recipe: dict[str, Any], arguments: argparse.Namespace) -> ImageData:
    wanted = recipe["data"]
    data = subset(load_data(wanted["name"], arguments.data_dir), wanted["train"], wanted["validation"])
    if data.digest != wanted["digest"]:
        raise SystemExit(f"{arguments.data_dir} holds other images than {arguments.ground_truth} was made with")
    return data


def _train(
    name: str, space: SearchSpace, data: ImageData, config: TrainConfig, prices: CostTable, folder: Path
) -> tuple[Supernet, dict[str, float | None]]:
    """Return the trained supernet and what an image cost, in milliseconds of one core and of wall time.

    The figures of a training that was stopped are those of its last part; None where nothing was left to train.
    """
    supernet = new_supernet(space, config)
    started, cpu, shown, steps = time.monotonic(), time.process_time(), time.monotonic(), 0

    def show(progress: Any) -> None:
        nonlocal shown, steps
        steps += 1
        if time.monotonic() - shown > 30:
            shown = time.monotonic()
            left = (progress.steps - progress.step) * config.batch_size / progress.images_per_second / 60
            print(f"{name}: step {progress.step} of {progress.steps}, loss {progress.loss:.3f}, "
                  f"{left:.1f} minutes left", file=sys.stderr, flush=True)  # fmt: skip

    path = folder / f"{Path(name).stem}.safetensors"
    train(supernet, data, config, path, show, lambda a: prices.price(a)["macs"])
    seconds = {"cpu": time.process_time() - cpu, "wall": time.monotonic() - started}
    images = steps * config.batch_size
    return supernet, {f"{name}_ms_per_image": 1e3 * one / images if images else None for name, one in seconds.items()}


def table(results: list[dict[str, Any]]) -> str:
    """Return the figures as markdown, the worst tau first; floors and ceiling below."""
    results = sorted(results, key=lambda row: row["report"]["overall"]["tau"]["inherited"]["value"])
    dimensions = list(results[0]["report"]["dimensions"])
    head = ["method", "tau (95 %)", "equal MACs", *dimensions, "mean %", "best %", "smallest %", "largest %",
            "CPU ms an image", "MiB"]  # fmt: skip
    lines = [_line(head), _line(["---"] * len(head))]
    for row in results:
        report, percents = row["report"], ("mean", "best", "smallest", "largest")
        lines.append(_line([
            row["method"], _interval(report["overall"]), _tau(report["bands"]),
            *(_tau(report["dimensions"].get(name)) for name in dimensions),
            *(f"{100 * row[f'{name}_accuracy']:.1f}" for name in percents),
            "" if row["cpu_ms_per_image"] is None else f"{row['cpu_ms_per_image']:.2f}",
            f"{row['peak_memory_mib']:.0f}",
        ]))  # fmt: skip
    report = results[-1]["report"]
    for name in ("random", "macs", "params", "activations"):
        found = [report["overall"], report["bands"], *(report["dimensions"][d] for d in dimensions)]
        lines.append(_line([f"*{name}*", *(_tau(part, name) for part in found), *[""] * 6]))
    ceilings = [report["overall"], report["bands"], *(report["dimensions"][d] for d in dimensions)]
    lines.append(_line(["*two seeds alone*", *(_ceiling(part) for part in ceilings), *[""] * 6]))
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _interval(ranking: dict[str, Any]) -> str:
    tau = ranking["tau"]["inherited"]
    return f"{tau['value']:.2f} ({tau['low']:.2f} to {tau['high']:.2f})"


def _tau(ranking: dict[str, Any] | None, score: str = "inherited") -> str:
    return "" if ranking is None else f"{ranking['tau'][score]['value']:.2f}"


def _ceiling(ranking: dict[str, Any] | None) -> str:
    return "" if ranking is None or ranking["ceiling"] is None else f"{ranking['ceiling']['value']:.2f}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", help="names or method files, with commas between; all that are shipped otherwise")
    parser.add_argument("--data-dir")
    parser.add_argument("--ground-truth", type=Path, default=HERE / "ground_truth")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--learning-rate", type=float, help="that of the ground truth otherwise")
    parser.add_argument("--evaluation-images", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "supernet-methods")
    parser.add_argument("--json", action="store_true", help="all figures, a method a line, not the table")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
