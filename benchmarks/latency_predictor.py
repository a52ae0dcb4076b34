"""The latency predictor on networks that it has not seen, beside floors, simpler predictors and the device's own noise.

usage: python benchmarks/latency_predictor.py [--space lk_convnet] [--scale small] [--batch 1 32] [--threads 1]
           [--mode eager] [--networks 200] [--tested 60] [--measurements runs/latency] [--json] [--out FOLDER]

For each batch: --networks are measured as `nas profile` chooses them, then --tested random ones twice, in groups of
eight, interleaved. The predictor is fitted to the former; the table is of the latter, by batch, the worst order first.
Measurements are kept in a folder: the same command goes on.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.harness import add_output_options, emit
from predictors import CostTable, DeviceProfile, Effort, LatencyPredictor, profile_space
from predictors.backends import MODES, Backend, Setting
from predictors.metrics import mape, within
from predictors.pace import GROUP, pacers
from predictors.ranking import spearman, tau
from predictors.records import Record, append_records, read_records
from search_spaces import Architecture, SearchSpace, load_space
from supernet import build, deploy

_SEED = 1  # of the tested networks; the profile's is 0


def main() -> None:
    """Measure, fit, and print the rows, the worst first."""
    arguments = _arguments()
    space = load_space(arguments.space, scale=arguments.scale, resolution=arguments.resolution)
    arguments.measurements.mkdir(parents=True, exist_ok=True)
    rows = []
    for batch in arguments.batch:
        backend = MODES[arguments.mode](Setting(batch, arguments.threads))
        rows += measure(space, backend, arguments.networks, arguments.tested, arguments.measurements)
    rows.sort(key=lambda row: (row["batch"], row["kendall"]))
    emit("latency_predictor", rows, arguments, _COLUMNS)


def measure(space: SearchSpace, backend: Backend, networks: int, tested: int, folder: Path) -> list[dict[str, Any]]:
    """Return a row for each predictor at the batch of the back end."""
    name = f"{space.name}-{backend.key.mode}-{backend.key.batch}"
    profile = profile_space(
        space, backend, Effort(networks), seed=0, records_path=folder / f"{name}.jsonl",
        on_progress=lambda progress: print(f"{name}: {progress.done} of {progress.total}", file=sys.stderr),
    )  # fmt: skip
    first, second = _twice(_unseen(space, profile, tested), profile, backend, folder / f"{name}-tested.jsonl")
    true = np.array([record.measurement.median_ms for record in first])
    again = np.array([record.measurement.median_ms for record in second])
    predictor = LatencyPredictor.fit(space, profile)
    new = [record.architecture for record in first]
    mean, low, high = predictor.predict(new)
    same = {"space": space.name, "mode": backend.key.mode, "batch": backend.key.batch, "networks": len(profile.records)}
    table = CostTable(space)
    rows = [_row(same, name, np.array([float(table.price(n)[name]) for n in new]), true, rank=True)
            for name in ("macs", "activations")]  # fmt: skip
    rows += [_row(same, name, values, true) for name, values in predictor.members(new).items()]
    rows.append(_row(same, "ours", mean, true) | {"coverage_90": float(np.mean((low <= true) & (true <= high)))})
    noisy = float(np.mean([record.measurement.noisy for record in first]))
    return [*rows, _row(same, "measured again", again, true) | {"noisy": noisy}]


def _unseen(space: SearchSpace, profile: DeviceProfile, count: int) -> list[Architecture]:
    """Return random networks that the profile does not hold."""
    rng, known = np.random.default_rng(_SEED), {record.architecture for record in profile.records}
    drawn: dict[Architecture, None] = {}
    while len(drawn) < count:
        network = space.sample(rng)
        if network not in known:
            drawn[network] = None
    return list(drawn)


def _twice(
    networks: Sequence[Architecture], profile: DeviceProfile, backend: Backend, path: Path
) -> tuple[list[Record], list[Record]]:
    """Measure all networks, then all again, so that time passes between; what the file holds is not measured."""
    known = pacers(profile.records)
    records = [record for record in read_records(path, backend.key) if isinstance(record, Record)]
    wanted = [*networks, *networks]
    for start in range(len(records), len(wanted), GROUP):
        group = wanted[start : start + GROUP]
        built = [deploy(build(one)) for one in group]
        found = backend.measure(built, [one.input_shape for one in group], known)
        new = [Record(a, m) for a, m in zip(group, found, strict=True)]
        append_records(path, backend.key, new)
        records += new
    return records[: len(networks)], records[len(networks) :]


def _row(
    same: Mapping[str, Any], model: str, predicted: NDArray[np.float64], true: NDArray[np.float64], rank: bool = False
) -> dict[str, Any]:
    figures = {"kendall": tau(predicted, true), "spearman": spearman(predicted, true)}
    if not rank:
        figures |= {"within_10": within(predicted, true), "mape": mape(predicted, true)}
    return {**same, "model": model, **figures}


_COLUMNS = ("space", "mode", "batch", "networks", "model", "kendall", "spearman", "within_10", "mape", "coverage_90",
            "noisy")  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="lk_convnet")
    parser.add_argument("--scale", default="small")
    parser.add_argument("--resolution", type=int)
    parser.add_argument("--batch", nargs="+", type=int, default=[1, 32])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--mode", choices=list(MODES), default="eager")
    parser.add_argument("--networks", type=int, default=200)
    parser.add_argument("--tested", type=int, default=60)
    parser.add_argument("--measurements", type=Path, default=Path("runs/latency"))
    add_output_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
