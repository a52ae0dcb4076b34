"""Compare finished runs: hypervolume from one reference point, front size, best network, time by phase.

usage: python benchmarks/compare_runs.py RUN [RUN ...] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from search_spaces.files import read_json, write_json_atomic


def row(path: Path) -> dict[str, Any]:
    """Return the figures of one run."""
    front, config = read_json(path / "front.json"), read_json(path / "config.json")
    best = max(front["entries"], key=lambda entry: entry["accuracy"])
    fastest = min(front["entries"], key=lambda entry: entry["latency_ms"])
    return {
        "run": path.name,
        "algorithm": config["algorithm"],
        "evaluations": front["evaluations"],
        "hypervolume share": round(front["hypervolume_share"], 5),
        "front": front["front_size"],
        "best search %": round(100 * best["accuracy"], 2),
        "best test %": round(100 * best["accuracy_test"], 2),
        "best ms": round(best["latency_measured_ms"], 2),
        "fastest test %": round(100 * fastest["accuracy_test"], 2),
        "fastest ms": round(fastest["latency_measured_ms"], 2),
        "reference point": front["reference_point"],
        "seconds": front["seconds"],
    }


def main() -> None:
    """Print the table, worst hypervolume first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = sorted((row(path) for path in arguments.runs), key=lambda r: r["hypervolume share"])
    if len({json.dumps(r["reference point"]) for r in rows}) > 1:
        raise SystemExit("these runs have different reference points: give them one supernet and one --profile")
    columns = [name for name in rows[0] if name not in ("reference point", "seconds")]
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for one in rows:
        print("| " + " | ".join(str(one[name]) for name in columns) + " |")
    if arguments.json:
        write_json_atomic(arguments.json, rows)


if __name__ == "__main__":
    main()
