"""What networks of a search that begin alike save: evaluations in the order of a search, with and without sharing.

usage: python benchmarks/shared_evaluations.py [--algorithm surrogate nsga2] [--evaluations 96] [--images 1250 5000]
           [--recalibration-images 1024] [--mib 1024] [--json] [--out FOLDER]

Networks of lk_convnet (small scale) as a search proposes them, 8 at a time, by a formula for accuracy. Each is
evaluated twice, in turns: by an evaluator that shares what networks begin with (it keeps --mib at most) and by one that
does not. Their metrics must be equal. The ratio is of process time on one thread, over generations of 8. Weights and
images are random; no evaluation is cut short for that.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import torch

from benchmarks.harness import Timing, add_output_options, emit, ratio, watch
from nas.search import search
from nas.search.evaluate import EvaluationInputs, Evaluator
from nas.search.problem import parse_problem
from search_spaces import Architecture
from supernet import Supernet
from supernet.data import Normalise
from tests.nas.search import synthetic

_POPULATION = 8


def proposals(algorithm: str, count: int) -> list[Architecture]:
    """Return the networks of a search in the order in which they are proposed."""
    found = search(
        parse_problem("accuracy,macs"), synthetic.domain(), lambda network: {"accuracy": synthetic.accuracy(network)},
        algorithm=algorithm, evaluations=count, population=_POPULATION, price=synthetic.prices(synthetic.space()),
    )  # fmt: skip
    return [one.point for one in found]


def random_inputs(calibration: int, images: int) -> EvaluationInputs:
    """Return an untrained supernet and random images."""
    space, draw = synthetic.space(), torch.Generator().manual_seed(0)
    supernet, third = Supernet(space), (0.5,) * space.channels
    pixels = torch.randint(256, (calibration + images, *space.input_shape), generator=draw, dtype=torch.uint8)
    labels = torch.randint(space.classes, (images,), generator=draw)
    return EvaluationInputs(space, supernet.sharing, supernet.state_dict(), pixels[:calibration],
                            pixels[calibration:], labels, Normalise(third, third))  # fmt: skip


def generation(evaluators: Sequence[Evaluator], networks: Sequence[Architecture]) -> list[tuple[float, float]]:
    """Return the milliseconds of process and wall time that each evaluator takes for some networks."""
    spent = [[0.0, 0.0] for _ in evaluators]
    for network in networks:
        metrics = []
        for evaluator, total in zip(evaluators, spent, strict=True):
            process, wall = time.process_time(), time.perf_counter()
            metrics.append(evaluator.evaluate(network))
            total[0] += 1e3 * (time.process_time() - process)
            total[1] += 1e3 * (time.perf_counter() - wall)
        if metrics[0] != metrics[1]:
            sys.exit(f"network {network.digest[:12]}: {metrics[0]} when it shares, {metrics[1]} alone")
    return [(process, wall) for process, wall in spent]


def measure(networks: Sequence[Architecture], calibration: int, images: int, mib: int) -> dict[str, Any]:
    """Return the columns of one search."""
    inputs = random_inputs(calibration, images)
    evaluators = [Evaluator(inputs, shared_bytes=mib * 2**20), Evaluator(inputs, shared_bytes=0)]
    with watch() as load:
        rounds = [generation(evaluators, networks[i : i + _POPULATION]) for i in range(0, len(networks), _POPULATION)]
    sharing, alone = (Timing(*zip(*samples, strict=True), load=load) for samples in zip(*rounds, strict=True))
    totals = [sum(timing.process_samples) for timing in (sharing, alone)]
    return {
        "sharing_s": totals[0] / 1e3 / len(networks), "alone_s": totals[1] / 1e3 / len(networks),
        "of_all": totals[0] / totals[1], **ratio(sharing, alone).columns(),
        "kept_mib": evaluators[0].prefixes.used / 2**20, **load.columns(),
    }  # fmt: skip


def main() -> None:
    """Measure every search and print the rows."""
    arguments, rows = _arguments(), []
    torch.set_num_threads(1)
    with patch("nas.search.evaluate._at_chance", return_value=False):
        for algorithm in arguments.algorithm:
            networks = proposals(algorithm, arguments.evaluations)
            for images in arguments.images:
                row = {"algorithm": algorithm, "evaluations": len(networks), "images": images, "mib": arguments.mib}
                rows.append(row | measure(networks, arguments.recalibration_images, images, arguments.mib))
    emit("shared_evaluations", rows, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--algorithm", nargs="+", default=["surrogate", "nsga2"])
    parser.add_argument("--evaluations", type=int, default=96)
    parser.add_argument("--images", nargs="+", type=int, default=[1250, 5000], help="of the search split")
    parser.add_argument("--recalibration-images", type=int, default=1024)
    parser.add_argument("--mib", type=int, default=1024, help="what is kept at most")
    add_output_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
