"""Compare finished runs: hypervolume from one reference point, front size, best network, time by phase.

usage: python benchmarks/compare_runs.py RUN [RUN ...] [--json] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.harness import add_output_options, emit
from search_spaces.files import read_json

COLUMNS = ("run", "algorithm", "evaluations", "hypervolume_share", "front", "best_search_percent", "best_test_percent",
           "best_ms", "fastest_test_percent", "fastest_ms")  # fmt: skip


def run_row(path: Path) -> dict[str, Any]:
    """Return the figures of one run."""
    front, config = read_json(path / "front.json"), read_json(path / "config.json")
    best = max(front["entries"], key=lambda entry: entry["accuracy"])
    fastest = min(front["entries"], key=lambda entry: entry["latency_ms"])
    return {
        "run": path.name,
        "algorithm": config["algorithm"],
        "evaluations": front["evaluations"],
        "hypervolume_share": front["hypervolume_share"],
        "front": front["front_size"],
        "best_search_percent": 100 * best["accuracy"],
        "best_test_percent": 100 * best["accuracy_test"],
        "best_ms": best["latency_measured_ms"],
        "fastest_test_percent": 100 * fastest["accuracy_test"],
        "fastest_ms": fastest["latency_measured_ms"],
        "reference_point": front["reference_point"],
        "seconds": front["seconds"],
    }


def main() -> None:
    """Print the table, worst hypervolume first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    add_output_options(parser)
    arguments = parser.parse_args()
    rows = sorted((run_row(path) for path in arguments.runs), key=lambda row: row["hypervolume_share"])
    if len({json.dumps(row["reference_point"]) for row in rows}) > 1:
        raise SystemExit("these runs have different reference points: give them one supernet and one --profile")
    emit("compare_runs", rows, arguments, COLUMNS)


if __name__ == "__main__":
    main()
