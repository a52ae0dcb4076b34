"""Zero-cost scores on networks that were trained alone: as an order of their own, and as columns of a surrogate.

usage: python benchmarks/zero_cost.py --data-dir ../shared/data/cifar10 [--ground-truth benchmarks/ground_truth]
           [--images 64] [--seeds 3] [--train 16 32 48] [--splits 10] [--scores synflow naswot ...] [--json]

First table: Kendall's tau of every score with the accuracy of the ground truth, over all networks, between networks of
equal MACs, and along one dimension, beside floors and ceiling; the mean over --seeds draws of weights is the score.
Second table: surrogates that learn from --train of the networks and predict the others, without and with the scores as
columns, means and deviations over --splits random splits that are the same for every row; each fit takes half a minute
of one core. Worst rows first.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from nas.rank_check.ground_truth import TrainedAlone, read_ground_truth
from nas.space_for import space_for
from predictors import CostTable
from predictors.rank_report import FLOORS, RankedNetwork, rank_report, without_seed_effects
from predictors.ranking import tau
from predictors.regressors.ensemble import NORMAL
from predictors.surrogate import Surrogate
from predictors.zero_cost import SCORES, Batch
from search_spaces import Architecture, SearchSpace
from search_spaces.files import read_json
from supernet.data import ImageData, load_data, subset

Floats = NDArray[np.float64]
HERE = Path(__file__).parent


def main() -> None:
    """Score, rank, learn, and print both tables."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    torch.set_num_threads(1)
    arguments = _arguments()
    recipe = read_json(arguments.ground_truth / "recipe.json")
    data = _data(recipe, arguments.data_dir)
    space = space_for(data, recipe["space"]["name"], recipe["space"]["scale"])
    alone = read_ground_truth(arguments.ground_truth / "networks.csv", space)
    found, seconds = scored([one.drawn.architecture for one in alone], _batch(data, arguments.images), arguments)
    networks = _networks(space, alone)
    reports = [_row(name, networks, values) | {"seconds": seconds[name]} for name, values in found.items()]
    if not arguments.json:
        print(f"{table(reports)}\n", flush=True)
    surrogates = learned(space, alone, networks, np.array(list(found.values()), dtype=np.float64).T, arguments)
    if arguments.json:
        print("\n".join(map(json.dumps, [*reports, *surrogates])))
    elif surrogates:
        print(surrogate_table(surrogates))


def _data(recipe: dict[str, Any], folder: str | None) -> ImageData:
    wanted = recipe["data"]
    data = subset(load_data(wanted["name"], folder), wanted["train"], wanted["validation"])
    if data.digest != wanted["digest"]:
        raise SystemExit(f"{folder} holds other images than those of the ground truth")
    return data


def _batch(data: ImageData, count: int) -> Batch:
    """Return training images, a random mixture of classes."""
    chosen = data.train.select(torch.randperm(len(data.train), generator=torch.Generator().manual_seed(0))[:count])
    return Batch(data.normalise(chosen.images), chosen.labels)


def scored(
    architectures: Sequence[Architecture], batch: Batch, arguments: argparse.Namespace
) -> tuple[dict[str, Floats], dict[str, float]]:
    """Return each score of each network [N], the mean over the seeds, and its seconds of CPU for one network."""
    found, seconds = {}, {}
    for name in arguments.scores:
        started, score, rows = time.process_time(), SCORES[name], []
        for done, one in enumerate(architectures, start=1):
            rows.append(np.mean([score(one, batch, seed) for seed in range(arguments.seeds)]))
            if done % 16 == 0:
                print(f"{name}: {done} of {len(architectures)}", file=sys.stderr)
        found[name] = np.array(rows)
        seconds[name] = (time.process_time() - started) / len(rows) / arguments.seeds
    return found, seconds


def _networks(space: SearchSpace, alone: Sequence[TrainedAlone]) -> list[RankedNetwork]:
    prices, networks = CostTable(space), []
    for one in alone:
        architecture = one.drawn.architecture
        costs = prices.price(architecture)
        networks.append(RankedNetwork(architecture.digest, one.drawn.group, costs, 0.0, one.accuracies))
    return networks


def _row(name: str, networks: Sequence[RankedNetwork], values: Floats) -> dict[str, Any]:
    """Return the rank report of one score, which takes the place of the supernet's accuracy."""
    ranked = [
        RankedNetwork(n.digest, n.group, n.costs, float(v), n.alone) for n, v in zip(networks, values, strict=True)
    ]
    return {"score": name, "report": rank_report(ranked).to_dict(), "values": values.tolist()}


def learned(
    space: SearchSpace,
    alone: Sequence[TrainedAlone],
    networks: Sequence[RankedNetwork],
    columns: Floats,
    arguments: argparse.Namespace,
) -> list[dict[str, Any]]:
    """Return, for each number of training networks, the figures of MACs and of surrogates on the other networks."""
    architectures = [one.drawn.architecture for one in alone]
    truth = np.array([np.mean(network.alone) for network in without_seed_effects(networks)], dtype=np.float64)
    macs = np.array([float(network.costs["macs"]) for network in networks])
    rows = []
    for train in arguments.train:
        figures: dict[str, list[tuple[float, float]]] = {"macs": [], "surrogate": [], "surrogate with scores": []}
        for split in range(arguments.splits):
            order = np.random.default_rng(split).permutation(len(truth))
            known, new = order[:train], order[train:]
            figures["macs"].append((tau(macs[new], truth[new]), float("nan")))
            for name, extra in (("surrogate", None), ("surrogate with scores", columns)):
                figures[name].append(_learn(space, architectures, truth, known, new, extra))
            print(f"{train} networks: split {split + 1} of {arguments.splits}", file=sys.stderr)
        rows += [{"train": train, "tested": len(truth) - train, "model": n, **_means(f)} for n, f in figures.items()]
    return rows


def _learn(
    space: SearchSpace,
    architectures: Sequence[Architecture],
    truth: Floats,
    known: NDArray[np.int64],
    new: NDArray[np.int64],
    columns: Floats | None,
) -> tuple[float, float]:
    """Return tau and the coverage of 90 % intervals on the networks ``new``."""
    seen, unseen = (None if columns is None else columns[rows] for rows in (known, new))
    surrogate = Surrogate(space).fit([architectures[i] for i in known], truth[known].tolist(), seen)
    mean, sd = surrogate.predict([architectures[i] for i in new], unseen)
    return tau(mean, truth[new]), float(np.mean(np.abs(mean - truth[new]) <= NORMAL * sd))


def _means(figures: Sequence[tuple[float, float]]) -> dict[str, float | None]:
    """Return means and deviation; the coverage is None for a floor, which has no intervals."""
    taus, covered = np.array(figures).T
    coverage = None if np.isnan(covered).any() else float(covered.mean())
    return {"tau": float(taus.mean()), "tau_sd": float(taus.std()), "coverage_90": coverage}


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the scores as markdown, the worst tau first; floors and ceiling below."""
    rows = sorted(rows, key=lambda row: row["report"]["overall"]["tau"]["inherited"]["value"])
    dimensions = list(rows[0]["report"]["dimensions"])
    lines = [_line(["score", "tau (95 %)", "equal MACs", *dimensions, "CPU s a network"])]
    lines.append(_line(["---"] * (4 + len(dimensions))))
    for row in rows:
        whole, *others = _parts(row["report"], dimensions)
        tau_ = whole["tau"]["inherited"]
        first = f"{tau_['value']:.2f} ({tau_['low']:.2f} to {tau_['high']:.2f})"
        lines.append(_line([row["score"], first, *(_tau(part) for part in others), f"{row['seconds']:.2f}"]))
    parts = _parts(rows[0]["report"], dimensions)
    for name in ("random", *FLOORS):
        lines.append(_line([f"*{name}*", *(_tau(part, name) for part in parts), ""]))
    ceilings = (f"{part['ceiling']['value']:.2f}" if part and part["ceiling"] else "" for part in parts)
    return "\n".join([*lines, _line(["*two seeds alone*", *ceilings, ""])])


def _parts(report: Mapping[str, Any], dimensions: Sequence[str]) -> list[Any]:
    return [report["overall"], report["bands"], *(report["dimensions"].get(name) for name in dimensions)]


def _tau(part: Any, score: str = "inherited") -> str:
    return f"{part['tau'][score]['value']:.2f}" if part else ""


def surrogate_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the surrogates as markdown; of each number of training networks the worst first."""
    lines = [
        _line(["trained on", "tested on", "model", "tau (sd over splits)", "90 % intervals hold"]),
        _line(["---"] * 5),
    ]
    for row in sorted(rows, key=lambda row: (row["train"], row["tau"])):
        held = "" if row["coverage_90"] is None else f"{100 * row['coverage_90']:.1f} %"
        figures = f"{row['tau']:.3f} ({row['tau_sd']:.3f})"
        lines.append(_line([str(row["train"]), str(row["tested"]), row["model"], figures, held]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir")
    parser.add_argument("--ground-truth", type=Path, default=HERE / "ground_truth")
    parser.add_argument("--images", type=int, default=64, help="of the batch that scores see")
    parser.add_argument("--seeds", type=int, default=3, help="draws of the weights")
    parser.add_argument("--scores", nargs="+", choices=list(SCORES), default=list(SCORES))
    parser.add_argument(
        "--train", nargs="*", type=int, default=[16, 32, 48], help="networks that surrogates learn from"
    )
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--json", action="store_true", help="all figures, a row a line, not the tables")
    return parser.parse_args()


if __name__ == "__main__":
    main()
