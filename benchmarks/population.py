"""How long the cost table of a space takes, and how many architectures a second it prices by MACs, params, activations.

usage: python benchmarks/population.py [--space lk_convnet] [--scales small imagenet] [--networks 200000] [--rounds 7]
       [--json FILE]
One core, process time, which other work on a shared machine lengthens. The table is built twice, in processes of their
own: without a cache on disk, then from the cache that the first one left.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from search_spaces import load_space
from search_spaces.files import write_json_atomic

DRAWN = 500  # networks that are drawn; the population repeats them in random order


def build(space_name: str, scale: str) -> tuple[Any, Any, float]:
    """Return the space, its population table, and the seconds that the table took; torch is imported before."""
    from predictors.population import PopulationTable

    space = load_space(space_name, scale=scale)
    table, smallest = PopulationTable(space), space.encode(space.smallest())[None]
    started = time.process_time()
    table.totals(smallest)
    return space, table, time.process_time() - started


def measure(space_name: str, scale: str, networks: int, rounds: int) -> dict[str, Any]:
    """Return the seconds of the table and the networks priced per second, the best and the median round."""
    space, table, seconds = build(space_name, scale)
    rng = np.random.default_rng(0)
    drawn = np.array([space.encode(space.sample(rng)) for _ in range(DRAWN)])
    genes = drawn[rng.integers(DRAWN, size=networks)]
    row: dict[str, Any] = {"scale": scale, "genes": genes.shape[1], "table s": round(seconds, 2)}
    for dtype in ("int64", "int8"):
        rates = [rate(table, genes.astype(dtype)) for _ in range(rounds)]
        row[f"{dtype} best M/s"] = round(max(rates) / 1e6, 2)
        row[f"{dtype} median M/s"] = round(float(np.median(rates)) / 1e6, 2)
    return row


def rate(table: Any, genes: np.ndarray) -> float:
    """Return how many networks a second one pass over the population prices."""
    started = time.process_time()
    table.totals(genes)
    return len(genes) / (time.process_time() - started)


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
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(measure(arguments.space, arguments.only, arguments.networks, arguments.rounds)))
        return
    rows = []
    for scale in arguments.scales:
        with tempfile.TemporaryDirectory() as cache:
            row = in_a_process(arguments, scale, cache)
            rows.append({**row, "table from cache s": in_a_process(arguments, scale, cache)["table s"]})
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(map(str, row.values())) + " |")
    if arguments.json:
        write_json_atomic(arguments.json, rows)


if __name__ == "__main__":
    main()
