"""How long a space and its cost table take, and how many networks a second it prices by MACs, params, activations.

usage: python benchmarks/population.py [--space lk_convnet] [--scales small imagenet] [--networks 200000] [--rounds 7]
       [--json] [--out FOLDER]

One core, process time, which other work on a shared machine lengthens. The table is built twice, in processes of their
own: without a cache on disk, then from the cache that the first one left. Rates are medians and
quartiles of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.harness import add_output_options, compare, emit
from search_spaces import load_space

DRAWN = 500  # networks that are drawn; the population repeats them in random order


def build(space_name: str, scale: str) -> tuple[Any, Any, dict[str, float]]:
    """Return the space, its population table, and the seconds that both took; torch is imported before.

    A space is ready when it is read, checked and counted.
    """
    from predictors.population import PopulationTable

    started = time.process_time()
    space = load_space(space_name, scale=scale)
    space.cardinality()
    read = time.process_time()
    table, smallest = PopulationTable(space), space.encode(space.smallest())[None]
    before = time.process_time()
    table.totals(smallest)
    return space, table, {"space_s": read - started, "table_s": time.process_time() - before}


def measure(space_name: str, scale: str, networks: int, rounds: int) -> dict[str, Any]:
    """Return the seconds of space and table, and the millions of networks priced per second by the type of genes."""
    space, table, seconds = build(space_name, scale)
    rng = np.random.default_rng(0)
    drawn = np.array([space.encode(space.sample(rng)) for _ in range(DRAWN)])
    genes = drawn[rng.integers(DRAWN, size=networks)]
    passes = {dtype: partial(table.totals, genes.astype(dtype)) for dtype in ("int64", "int8")}
    row: dict[str, Any] = {"space": space_name, "scale": scale, "genes": genes.shape[1], **seconds}
    for dtype, found in (timings := compare(passes, rounds=rounds)).items():
        spread = found.process_ms
        row[f"{dtype}_millions_per_s"] = networks / spread.median / 1e3
        row[f"{dtype}_q1"], row[f"{dtype}_q3"] = networks / spread.q3 / 1e3, networks / spread.q1 / 1e3
        row[f"{dtype}_noisy"] = spread.noisy
    return row | timings["int64"].load.columns()


def in_a_process(arguments: argparse.Namespace, scale: str, cache: str) -> dict[str, Any]:
    """Return what `measure` finds in a new process that keeps its cache in a folder."""
    command = [sys.executable, __file__, "--space", arguments.space, "--only", scale]
    command += ["--networks", str(arguments.networks), "--rounds", str(arguments.rounds)]
    environment = {**os.environ, "NAS_CACHE": cache, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    """Print one row for each scale."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="lk_convnet")
    parser.add_argument("--scales", nargs="+", default=["small", "imagenet"])
    parser.add_argument("--networks", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    add_output_options(parser)
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(measure(arguments.space, arguments.only, arguments.networks, arguments.rounds)))
        return
    rows = []
    for scale in arguments.scales:
        with tempfile.TemporaryDirectory() as cache:
            row = in_a_process(arguments, scale, cache)
            rows.append(row | {"table_from_cache_s": in_a_process(arguments, scale, cache)["table_s"]})
    emit("population", rows, arguments)


if __name__ == "__main__":
    main()
