"""What Ray Tune adds to an evaluation: wall time of a search on workers against that of its evaluations alone.

usage: python benchmarks/search_overhead.py [--seconds 2] [--workers 1 2] [--evaluations 40] [--algorithm NAME]
           [--json] [--out FOLDER]

An evaluation sleeps for --seconds. The first evaluations, until every worker has had one, are not counted: they start
Ray. Overhead is wall time beyond evaluations x seconds / workers, as a share of it. Driver is the processor time of the
searching process, journal and strategy included; with --seconds 0 it is what bounds the number of workers.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.harness import add_output_options, emit, watch
from nas.search import Evaluated, Objective, Parameter, ParameterDomain, Problem, search


class Sleeper:
    """Evaluates a point by sleeping."""

    def __init__(self, seconds: float):
        self.seconds = seconds

    def __call__(self, point: Any) -> dict[str, float]:
        """Return two objectives after the time of an evaluation."""
        time.sleep(self.seconds)
        values = [float(value) for value in point.values.values()]
        error = sum((value - 3) ** 2 for value in values)
        return {"error": error, "cost": sum(values), "worker": float(os.getpid())}


class Clock:
    """Notes when results came, from the moment on when every worker had given one."""

    def __init__(self, workers: int):
        self.workers, self.seen = workers, set[float]()
        self.marks: list[tuple[int, float, float]] = []  # results, seconds, processor seconds of this process

    def __call__(self, found: Sequence[Evaluated]) -> None:
        """Take the results so far, whenever there is a new one."""
        self.seen.update(one.metrics["worker"] for one in found[-4 * self.workers :])
        if len(self.seen) >= self.workers:
            self.marks.append((len(found), time.monotonic(), time.process_time()))

    def spent(self) -> tuple[int, float, float]:
        """Return how many results were counted, in how many seconds, with how many of the processor."""
        if len(self.marks) < 2:
            sys.exit(f"{len(self.seen)} of {self.workers} workers evaluated anything: give more --evaluations")
        count, seconds, processor = (last - first for first, last in zip(self.marks[0], self.marks[-1], strict=True))
        return int(count), seconds, processor


def measure(seconds: float, workers: int, evaluations: int, algorithm: str) -> dict[str, Any]:
    """Return wall seconds per evaluation and worker, the overhead, and the driver's milliseconds per evaluation."""
    domain = ParameterDomain([Parameter(f"p{i}", tuple(range(8)), ordered=True) for i in range(30)])
    problem = Problem((Objective("error", "min"), Objective("cost", "min")))
    clock = Clock(workers)
    with watch() as load:
        search(
            problem, domain, Sleeper(seconds), algorithm=algorithm, evaluations=evaluations, population=4 * workers,
            workers=workers, on_result=clock,
        )  # fmt: skip
    counted, wall, processor = clock.spent()
    each = wall * workers / counted
    row = {"algorithm": algorithm, "seconds": seconds, "workers": workers, "evaluations": counted}
    overhead = each / seconds - 1 if seconds else None
    driver = 1e3 * processor / counted
    return (
        row | {"wall_s_per_evaluation": each, "overhead": overhead, "driver_ms_per_evaluation": driver} | load.columns()
    )


def main() -> None:
    """Measure each number of workers and print the rows."""
    arguments = _arguments()
    rows = [
        measure(arguments.seconds, workers, arguments.evaluations, arguments.algorithm) for workers in arguments.workers
    ]
    emit("search_overhead", rows, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--evaluations", type=int, default=40)
    parser.add_argument("--algorithm", default="random")
    add_output_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
