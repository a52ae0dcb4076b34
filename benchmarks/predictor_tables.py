"""Predictors on tables of measured networks, beside floors, simple baselines and published figures.

usage: python benchmarks/predictor_tables.py [--data ../shared/data] [--table nb201 ...] [--target COLUMN ...]
           [--train 20 50 200 900] [--protocol split|help] [--where device=NAME] [--seeds 5] [--json]
       python benchmarks/predictor_tables.py --plan [--data ../shared/data] --into rows.jsonl
       python benchmarks/predictor_tables.py --read rows.jsonl

--protocol split draws the training networks from the whole table and tests on up to 5,000 of the others. help is that
of HELP (arXiv:2106.08630): networks from the first 900, tested on the next 1,000, both without the lowest and highest
tenth of latencies; 10 networks more than --train are measured (HELP's reference networks), and the 900 are known on
the source devices. With --json a row per result goes to stdout as JSON, the table to stderr. --plan measures every
row of benchmarks/tables/plan.py that the file does not hold yet; it can be stopped and started again. --read prints
what such a file holds, a line for each question, those where ours falls short first.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from benchmarks.tables import Table, load_table
from benchmarks.tables.plan import PLAN, Job
from benchmarks.tables.published import with_published
from benchmarks.tables.summary import FIGURES, KEY, full, short
from predictors.metrics import mape, relative_errors, within
from predictors.ranking import spearman, tau
from predictors.regressors import REGRESSORS, Encoded, Ensemble, standardised
from search_spaces.files import read_json_lines

DATA = Path(os.environ.get("NAS_SHARED_DATA", "../shared/data"))
TARGETS: Mapping[str, tuple[str, ...]] = {
    "nb201": ("lat_ms_1080ti_1", "lat_ms_titan_rtx_256", "lat_ms_gold_6226", "lat_ms_pixel3", "acc200_c10_test"),
    "fbnet": ("lat_ms_raspi4", "lat_ms_1080ti_64", "lat_ms_gold_6226", "lat_ms_pixel3"),
    "ofa": ("lat_ms_v100_1", "lat_ms_v100_64", "lat_ms_2080ti_64"),
    "accel_nasbench": ("throughput_a100", "latency_zcu102", "val_top1"),
    "nas_bench_macro": ("mean_acc",),
    "hat": ("latency_mean_encoder", "latency_mean_decoder"),
    "timm_bench": ("samples_per_sec",),
    "neusight": ("Latency",),
    "tinynas": ("latency_ms",),
}
BASELINES = ("ridge", "boosting", "forest")
_POOL, _TESTED = 900, 1000  # of HELP's protocol
_MOST = 5000  # networks that are tested
_REFERENCES = 10
# HELP's source devices of both spaces; where a table has fewer than three, every other device is one.
_SOURCES = ("1080ti_1", "1080ti_32", "1080ti_64", "1080ti_256", "silver_4114", "silver_4210r", "samsung_a50", "pixel3",
            "essential_ph_1", "samsung_s7")  # fmt: skip


def main() -> None:
    """Measure what was asked for and print it."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    arguments = _arguments()
    if arguments.read:
        print(short(with_published(_read(arguments.read))))
    elif arguments.plan:
        _measure_plan(arguments.data, arguments.into)
    else:
        rows: list[Mapping[str, Any]] = []
        for name in arguments.table:
            targets = arguments.target or TARGETS.get(name, ())
            job = Job(name, targets, arguments.train, arguments.seeds, arguments.protocol, tuple(arguments.where))
            for measured in _measured(job, load_table(name, arguments.data, _conditions(job)), targets, ()):
                found = with_published(measured)
                rows += found
                for row in found if arguments.json else ():
                    print(json.dumps(row), flush=True)
        print(full(rows), file=sys.stderr if arguments.json else sys.stdout)


def _measure_plan(data: Path, into: Path) -> None:
    """Append to a file the rows of the plan that it does not hold."""
    for job in PLAN:
        table = load_table(job.table, data, _conditions(job))
        done = {tuple(row[key] for key in KEY) for row in (_read(into) if into.exists() else ())}
        for found in _measured(job, table, job.columns(table), done):
            with into.open("a") as file:
                file.write("".join(json.dumps(row) + "\n" for row in found))


def _measured(
    job: Job, table: Table, targets: Iterable[str], done: Container[tuple[Any, ...]]
) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of every question of a job that is not done."""
    for target in targets:
        for train in job.trains:
            same = dict(zip(KEY, (job.table, " ".join(job.where), target, job.protocol, train), strict=True))
            if tuple(same.values()) not in done:
                yield [{**same, **row} for row in measure(table, job.table, target, train, job.protocol, job.seeds)]


def _conditions(job: Job) -> dict[str, str]:
    return dict(text.split("=", 1) for text in job.where)


def _read(path: Path) -> list[dict[str, Any]]:
    return [row for _, row in read_json_lines(path)]


def measure(table: Table, name: str, target: str, train: int, protocol: str, seeds: int) -> list[dict[str, Any]]:
    """Return a row for each model: means over the seeds."""
    values = table.values(target)
    if protocol == "help":
        table = _with_sources(table, target)
    scores: dict[str, list[dict[str, float]]] = {}
    weights: list[Mapping[str, float]] = []
    for seed in range(seeds):
        known, tested = _drawn(values, train, protocol, np.random.default_rng(seed))
        for model, predicted in _predictions(table, target, values, known, tested, weights):
            scores.setdefault(model, []).append(_scored(predicted, values[tested]))
    same = {"table": name, "target": target, "train": train, "protocol": protocol}
    rows = [
        {**same, "model": model, "seeds": seeds, **{key: _mean([one[key] for one in found]) for key in FIGURES}}
        for model, found in scores.items()
    ]
    carried = {part: float(np.mean([one.get(part, 0.0) for one in weights])) for one in weights for part in one}
    return [row | ({"parts": carried} if row["model"] == "ours" else {}) for row in rows]


def _mean(values: list[float]) -> float | None:
    """Return the mean, None where a model has no such figure."""
    return None if np.isnan(values).any() else float(np.mean(values))


def _drawn(
    values: NDArray[np.float64], train: int, protocol: str, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows to learn from and those to test on."""
    able = np.flatnonzero(~np.isnan(values))
    if protocol == "split":
        order = rng.permutation(able)
        if len(order) < train + 10:
            raise SystemExit(f"{len(order)} rows have a value: too few to learn from {train} and test on others")
        return order[:train], order[train : train + _MOST]
    pool, tested = (_trimmed(rows, values) for rows in (able[able < _POOL], able[(able >= _POOL)][:_TESTED]))
    return rng.permutation(pool)[: train + _REFERENCES], tested


def _trimmed(rows: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.int64]:
    low, high = np.quantile(values[rows], [0.1, 0.9])
    return rows[(values[rows] >= low) & (values[rows] <= high)]


def _predictions(
    table: Table,
    target: str,
    values: NDArray[np.float64],
    known: NDArray[np.int64],
    tested: NDArray[np.int64],
    weights: list[Mapping[str, float]],
) -> Iterator[tuple[str, NDArray[np.float64] | tuple[NDArray[np.float64], NDArray[np.float64]]]]:
    """Yield each model with what it predicts of the tested rows: scores, or means and standard deviations."""
    for name, floor in table.floors.items():
        yield name, floor[tested]
    relative = table.relative(target)
    x, new = table.encoded.take(known), table.encoded.take(tested)
    if table.sources is not None:
        alone = replace(table.encoded, sums=table.sources)
        model = REGRESSORS["non_negative"](relative).fit(alone.take(known), values[known])
        yield "sources by non-negative least squares", model.predict(alone.take(tested))
    for name in BASELINES:
        if REGRESSORS[name].least <= len(known) <= REGRESSORS[name].most:
            yield name, REGRESSORS[name](relative).fit(_plain(x), values[known]).predict(_plain(new))
    ours = Ensemble(REGRESSORS, relative).fit(x, values[known])
    weights.append(ours.weights)
    yield "ours", ours.predict(new)


def _plain(x: Encoded) -> Encoded:
    """Leave out what other devices tell."""
    return replace(x, numbers={name: group for name, group in x.numbers.items() if name != "sources"}, sums=None)


def _with_sources(table: Table, target: str) -> Table:
    """Add the latencies of source devices, predicted for every row from the first 900."""
    prefix = os.path.commonprefix([column for column in table.frame.columns if column.startswith(target[:4])])
    own = target.removeprefix(prefix)
    others = [column.removeprefix(prefix) for column in table.frame.columns if column.startswith(prefix)]
    others = [name for name in others if _device(name) != _device(own)]
    sources = [name for name in others if name in _SOURCES]
    predicted = []
    for name in sources if len(sources) >= 3 else others:
        values = table.values(prefix + name)
        rows = np.flatnonzero(~np.isnan(values[:_POOL]))
        model = REGRESSORS["ridge"](True).fit(replace(table.encoded.take(rows), sums=None), values[rows])
        predicted.append(np.maximum(model.predict(table.encoded)[0], 1e-3 * np.nanmin(values)))
    sources = np.array(predicted).T
    numbers = {**table.encoded.numbers, "sources": standardised(sources)}
    own = np.zeros((len(sources), 0)) if table.encoded.sums is None else table.encoded.sums
    encoded = replace(table.encoded, numbers=numbers, sums=np.hstack([sources, own]))
    return replace(table, encoded=encoded, sources=sources)


def _device(name: str) -> str:
    return name.rstrip("0123456789").rstrip("_")


def _scored(
    predicted: NDArray[np.float64] | tuple[NDArray[np.float64], NDArray[np.float64]], true: NDArray[np.float64]
) -> dict[str, float]:
    """Return the figures of one model; a floor has ranks alone, its coverage is not a number either."""
    none = float("nan")
    if not isinstance(predicted, tuple):
        rank = abs(spearman(predicted, true)), abs(tau(predicted, true))
        return dict(zip(FIGURES, (*rank, none, none, none, none), strict=True))
    mean, sd = predicted
    covered = float(np.mean(np.abs(mean - true) <= 1.6449 * sd))
    middle = float(np.median(relative_errors(mean, true)))
    values = spearman(mean, true), tau(mean, true), within(mean, true), mape(mean, true), middle, covered
    return dict(zip(FIGURES, map(float, values), strict=True))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--table", nargs="+", default=list(TARGETS))
    parser.add_argument("--target", nargs="+", help="columns; without, some of each table")
    parser.add_argument("--train", nargs="+", type=int, default=[50, 200])
    parser.add_argument("--protocol", choices=("split", "help"), default="split")
    parser.add_argument("--where", nargs="*", default=[], metavar="COLUMN=VALUE", help="rows with these values alone")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plan", action="store_true")
    parser.add_argument("--into", type=Path, default=Path("rows.jsonl"))
    parser.add_argument("--read", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
