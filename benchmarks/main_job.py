"""The main job from data to report, beside random search over the same supernet at equal evaluations.

usage: python benchmarks/main_job.py [--data cifar10] [--data-dir ../shared/data/cifar10] [--space lk_convnet]
           [--epochs 8] [--evaluations 160] [--population 32] [--method benchmarks/methods/light_sandwich.yaml]
           [--runs FOLDER] [--json] [--out FOLDER]

A row a search: hypervolume, front, seconds of each phase (benchmarks/compare_runs.py). Runs and registry are kept in
--runs, where a second command needs another folder.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.compare_runs import COLUMNS, run_row
from benchmarks.harness import add_output_options, emit


def main() -> None:
    """Run both searches and print the rows, the worst hypervolume first."""
    arguments = _arguments()
    runs = arguments.runs or Path(tempfile.mkdtemp(prefix="main-job-"))
    search(arguments, runs, "ours", [])
    ours = runs / "runs" / "ours"
    search(arguments, runs, "random", ["--algorithm", "random", "--supernet", str(ours), "--profile",
                                       str(ours / "profile.json")])  # fmt: skip
    rows = sorted((run_row(runs / "runs" / name) for name in ("random", "ours")), key=lambda r: r["hypervolume_share"])
    emit("main_job", rows, arguments, COLUMNS)


def search(arguments: argparse.Namespace, runs: Path, name: str, more: list[str]) -> None:
    """Run `nas search`; its narration and results go to stderr."""
    options = {
        "--space": arguments.space, "--data": arguments.data, "--data-dir": arguments.data_dir,
        "--epochs": arguments.epochs, "--method": arguments.method, "--evaluations": arguments.evaluations,
        "--population": arguments.population, "--out": runs / "runs", "--registry": runs / "registry", "--name": name,
    }  # fmt: skip
    given = [str(text) for pair in options.items() if pair[1] is not None for text in pair]
    command = [sys.executable, "-m", "nas.cli.main", "search", *given, *more]
    subprocess.run(command, stdout=sys.stderr, check=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="cifar10")
    parser.add_argument("--data-dir")
    parser.add_argument("--space", default="lk_convnet")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--evaluations", type=int, default=160)
    parser.add_argument("--population", type=int, default=32)
    parser.add_argument("--method", default=str(Path(__file__).parent / "methods" / "light_sandwich.yaml"))
    parser.add_argument("--runs", type=Path, help="folder of runs and registry; a new temporary one otherwise")
    add_output_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
