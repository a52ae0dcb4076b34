"""The memory of a whole search: the main process, its evaluation workers, and Ray's own processes, at their peaks.

usage: python benchmarks/search_memory.py [--evaluations 16 64] [--space lk_convnet] [--data digits] [--data-dir FOLDER]
           [--workers 1] [--algorithm surrogate] [--runs FOLDER] [--json] [--out FOLDER]

A supernet is trained for an epoch first; the searches use it, and measure ten networks for latency. Memory is the
proportional set size that Linux tells (a page that n processes share counts 1/n in each), looked at twice a second;
each column has its own peak, so they add up to more than `all_mib`. Runs are kept in --runs, where a second command
needs another folder.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.harness import add_output_options, emit, watch

_EVERY_S = 0.5
_PROC = Path("/proc")


def descendants(process: int) -> dict[int, str]:
    """Return the processes below one, and itself, with their command lines."""
    children: dict[int, list[int]] = defaultdict(list)
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            children[int(parent)].append(int(folder.name))
    found, left = {}, [process]
    while left:
        one = left.pop()
        left += children[one]
        with suppress(OSError):
            found[one] = (_PROC / str(one) / "cmdline").read_text().replace("\0", " ")
    return found


def mebibytes(process: int) -> float:
    """Return the proportional set size of a process, 0 where it has ended."""
    with suppress(OSError):
        for line in (_PROC / str(process) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def look(main: int) -> dict[str, float]:
    """Return what each kind of process has now."""
    now = {"main_mib": 0.0, "workers_mib": 0.0, "ray_mib": 0.0}
    for process, command in descendants(main).items():
        kind = "main" if process == main else "workers" if command.startswith("ray::") else "ray"
        now[f"{kind}_mib"] += mebibytes(process)
    return {**now, "all_mib": sum(now.values())}


def peaks(command: list[str]) -> dict[str, float]:
    """Run a command; return the peaks of its memory. Exits where it fails."""
    found: dict[str, float] = defaultdict(float)
    with subprocess.Popen(command, stdout=sys.stderr) as running:
        while running.poll() is None:
            for name, value in look(running.pid).items():
                found[name] = max(found[name], value)
            time.sleep(_EVERY_S)
    if running.returncode:
        sys.exit(f"{' '.join(command)} ended with {running.returncode}")
    return dict(found)


def main() -> None:
    """Train a supernet, run a search for each number of evaluations, and print the rows."""
    arguments = _arguments()
    runs = arguments.runs or Path(tempfile.mkdtemp(prefix="search-memory-"))
    same = ["--space", arguments.space, "--data", arguments.data, "--threads", "1", "--out", str(runs), "--quiet"]
    same += ["--data-dir", arguments.data_dir] if arguments.data_dir else []
    nas = [sys.executable, "-m", "nas.cli.main"]
    trained = peaks([*nas, "train", *same, "--epochs", "1", "--name", "supernet"])
    search = ["--supernet", str(runs / "supernet"), "--latency-networks", "10", "--registry", str(runs / "registry")]
    search += ["--algorithm", arguments.algorithm, "--workers", str(arguments.workers)]
    rows: list[dict[str, Any]] = [{"phase": "training", "main_mib": trained["main_mib"], "all_mib": trained["all_mib"]}]
    for count in arguments.evaluations:
        name = f"search-{count}"
        with watch() as load:
            found = peaks([*nas, "search", *same, *search, "--evaluations", str(count), "--name", name])
        rows.append({"phase": "search", "evaluations": count, "workers": arguments.workers, **found, **load.columns()})
    emit("search_memory", rows, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", nargs="+", type=int, default=[16, 64])
    parser.add_argument("--space", default="lk_convnet")
    parser.add_argument("--data", default="digits")
    parser.add_argument("--data-dir")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--algorithm", default="surrogate")
    parser.add_argument("--runs", type=Path, help="folder of runs and registry; a new temporary one otherwise")
    add_output_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
