"""What judging networks on few images first is worth: hypervolume at equal cost, with and without.

usage: python benchmarks/screening.py [--algorithms surrogate nsga2 random] [--cost 96] [--share 0.25] [--seeds 3]
           [--json] [--out FOLDER]

Accuracies are a formula over the networks of lk_convnet (small scale) with the noise of 512 and of 5,000 images, of
which the 512 are a part. A network judged on 512 images costs --share of one that is judged on all: its BatchNorm is
recalibrated on as many images as the other's. Objectives are accuracy and MACs; hypervolume counts what was judged on
all.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from analysis.fronts import hypervolume
from benchmarks.harness import add_output_options, emit, watch
from nas.search.generations import Generations
from nas.search.journal import Journal
from nas.search.problem import parse_problem
from nas.search.screening import PROPOSALS_A_PLACE, ScreenedGenerations, stability
from nas.search.searchers import SearchTask, make_searcher
from search_spaces import Architecture
from tests.nas.search import synthetic

_FIRST, _ALL, _PLACES = 512, 5000, 8
_PROBLEM = parse_problem("accuracy,macs")


def accuracy(network: Architecture, images: int | None) -> float:
    """Return the accuracy of a network on the first or on all images, always the same."""
    rng, true = np.random.default_rng(zlib.crc32(network.digest.encode())), synthetic.accuracy(network)
    first, rest = rng.binomial(_FIRST, true), rng.binomial(_ALL - _FIRST, true)
    return float(first / _FIRST if images else (first + rest) / _ALL)


def measure(algorithm: str, screening: bool, cost: float, share: float, seed: int) -> dict[str, Any]:
    """Search until the cost is spent; return the hypervolume, as a share of the box, and what was evaluated."""
    space, proposals = synthetic.space(), _PLACES * (PROPOSALS_A_PLACE if screening else 1)
    task = SearchTask(synthetic.domain(), _PROBLEM, synthetic.prices(space), seed, proposals)
    with tempfile.TemporaryDirectory() as folder, Journal(f"{folder}/e.jsonl", weights="w", data="d") as journal:
        searcher, most = make_searcher(algorithm, task), int(cost) + 1
        generations = (
            ScreenedGenerations(searcher, journal, most, _PLACES, _FIRST, [_PROBLEM])
            if screening
            else Generations(searcher, journal, most)
        )
        spent = 0.0
        while (proposal := generations.next()) is not None:
            index, candidate = proposal
            images = generations.judged_on(index)
            spent += share if images else 1.0
            if spent > cost:
                break
            metrics = {"accuracy": accuracy(candidate.point, images), "images": images or _ALL}
            generations.succeed(index, metrics, 0.0)
        whole = [one.metrics for one in journal.evaluations if one.ok]
        order = stability(journal.evaluations)
    corner = 1.1 * synthetic.price(space.largest())["macs"]
    volume = hypervolume([_PROBLEM.values(one) for one in whole], _PROBLEM.directions, [0.0, corner]) / corner
    return {"hypervolume": volume, "on_all_images": len(whole), "tau": order and order[0]}


def main() -> None:
    """Measure every algorithm both ways and print the rows."""
    arguments = _arguments()
    rows = []
    for algorithm in arguments.algorithms:
        for screening in (False, True):
            with watch() as load:
                found = [
                    measure(algorithm, screening, arguments.cost, arguments.share, s) for s in range(arguments.seeds)
                ]
            volumes = [one["hypervolume"] for one in found]
            rows.append({
                "algorithm": algorithm, "screening": screening, "cost": arguments.cost,
                "on_all_images": found[0]["on_all_images"], "hypervolume_median": float(np.median(volumes)),
                "hypervolume_min": min(volumes), "hypervolume_max": max(volumes), "tau": found[0]["tau"],
                **load.columns(),
            })  # fmt: skip
    emit("screening", rows, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--algorithms", nargs="+", default=["surrogate", "nsga2", "random"])
    parser.add_argument("--cost", type=float, default=96.0)
    parser.add_argument("--share", type=float, default=0.25)
    parser.add_argument("--seeds", type=int, default=3)
    add_output_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
