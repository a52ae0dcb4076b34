"""Search engines at equal evaluations, on questions whose true front is known by enumeration.

usage: python benchmarks/search_engines.py --table nb201 --objectives acc200_c10_test,lat_ms_gold_6226
           [--data ../shared/data] [--algorithms surrogate,optuna-nsga2,...] [--evaluations 50,100,200] [--seeds 5]
           [--population N] [--priced COLUMN,...] [--until 0.99] [--columns epsilon,igd_plus,attainment]
           [--keep FILE] [--json]
       python benchmarks/search_engines.py --table synthetic [...]

--table is one of nb201, nas_bench_macro, ofa, accel_nasbench and fbnet, read from --data, or synthetic or
synthetic_conditional (benchmarks/engines/synthetic.py). --objectives are two or three columns, or costs that follow
from the genes (macs); acc*, top1, val_top1 and mean_acc are maximised, others minimised, unless written COLUMN:max or
COLUMN:min. Rows without a value of each are left out, and so are latencies that are no measurement.

Objectives are scaled to [0, 1] over the table, the reference point is the worst corner, and the figures are shares of
the true hypervolume, the median and quartiles over seeds; on a synthetic space they are the hypervolume itself, to the
reference point (1.1, 1.1). An engine learns an objective by evaluating alone; --priced names those that ours is told
in advance. Where a table is not the whole product of its choices, another engine gets the row that differs in the
fewest genes from what it asked for. --population is the generation of ours (2 for surrogate, else 8); that of the
others' evolution is a tenth of the evaluations, 20 to 100, which serves them better than their defaults. optuna-* are
Optuna's samplers as they are, our-optuna-* those that `nas search` wraps. foreknowing, a ceiling on tables, has
learned 3,000 other rows before. An evaluation that was made before counts as one, and in `repeats`, which is the sum
over seeds. Seconds per suggestion are process time, the median of those since the number of evaluations in the row
above. --until adds after how many evaluations a share is reached, the median over seeds, null where half of them do
not reach it in the largest number of --evaluations.

--columns adds to the table, at the largest number of evaluations: epsilon and igd_plus, the median over seeds of the
additive epsilon and IGD+ to the true front in the scaled objectives (unknown on a synthetic space); attainment, the
share of the true hypervolume of the surface that half of the seeds attain. JSON rows have all of these with quartiles
(attainment by 25, 50 and 75 % of the seeds), and the points of the median attainment surface in their own units.

With --json there is a row for each algorithm and number of evaluations, else a Markdown table, the worst algorithm
first. --keep appends each run to a file as soon as it is finished; the same command goes on from there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

from analysis.fronts import Objective
from benchmarks.engines import ENGINES, Question, missing
from benchmarks.engines.pool import TABLES, table_question
from benchmarks.engines.rows import COLUMNS, markdown, rows
from benchmarks.engines.runs import Plan, measure
from benchmarks.engines.synthetic import OBJECTIVES, synthetic_question
from benchmarks.tables import load_table
from search_spaces.errors import InputError, nearest

DATA = Path(os.environ.get("NAS_SHARED_DATA", "../shared/data"))
_SYNTHETIC = ("synthetic", "synthetic_conditional")
_MAXIMISED = ("top1", "val_top1", "mean_acc")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for and print it; return the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        columns, (plan, question) = _columns(asked.columns), _plan(asked)
        found = rows(question, plan, measure(question, plan, asked.keep))
    except InputError as error:
        print(f"search_engines.py: {error}", file=sys.stderr)
        return 2
    print("\n".join(map(json.dumps, found)) if asked.json else markdown(found, columns))
    return 0


def read_objectives(text: str) -> tuple[Objective, ...]:
    """Read ``COLUMN,COLUMN:max``. Raises InputError for fewer than two, more than three, and equal ones."""
    found = [_objective(part.strip()) for part in text.split(",")]
    names = [objective.name for objective in found]
    if not 2 <= len(set(names)) == len(names) <= 3:
        raise InputError(f"--objectives {text}: expected two or three different columns, found {', '.join(names)}")
    return tuple(found)


def _objective(text: str) -> Objective:
    name, _, direction = text.partition(":")
    best = "max" if name.startswith("acc") or name in _MAXIMISED else "min"
    if direction not in ("", "max", "min"):
        raise InputError(f"--objectives {text}: after a colon stands max or min")
    return Objective(name, "max" if direction == "max" else "min" if direction == "min" else best)


def read_question(table: str, objectives: str, data: Path, priced: Sequence[str]) -> Question:
    """Return what is searched. Raises InputError for tables and columns that are not there."""
    if table in _SYNTHETIC:
        if objectives and read_objectives(objectives) != OBJECTIVES:
            raise InputError(f"--objectives {objectives}: those of {table} are error,cost, both minimised")
        question = synthetic_question(conditional=table != "synthetic")
    elif not table.startswith(tuple(TABLES)):
        raise InputError(f"--table: unknown table {table!r}{nearest(table, [*TABLES, *_SYNTHETIC])}")
    elif not objectives:
        raise InputError(f"--objectives: two or three columns of table {table} are wanted")
    else:
        question = table_question(table, load_table(table, data, {}), read_objectives(objectives), priced)
    for name in priced:
        if name not in question.names:
            raise InputError(f"--priced: {name!r} is not an objective{nearest(name, question.names)}")
    return question


def _plan(asked: argparse.Namespace) -> tuple[Plan, Question]:
    """Return what to run on what."""
    priced = tuple(asked.priced.split(",")) if asked.priced else ()
    question = read_question(asked.table, asked.objectives, asked.data, priced)
    marks = sorted({_whole("--evaluations", text) for text in asked.evaluations.split(",")})
    if marks[-1] > question.size:
        raise InputError(f"--evaluations {marks[-1]}: table {asked.table} has {question.size} points to evaluate")
    population = None if asked.population is None else _whole("--population", asked.population)
    seeds = _whole("--seeds", asked.seeds)
    return Plan(_algorithms(asked.algorithms), tuple(marks), seeds, priced, population, _share(asked.until)), question


def _algorithms(text: str) -> tuple[str, ...]:
    """Return the engines that are asked for and installed; one line on stderr for each that is not."""
    names = tuple(dict.fromkeys(text.split(",")))
    for name in names:
        if name not in ENGINES:
            raise InputError(f"--algorithms: unknown algorithm {name!r}{nearest(name, ENGINES)}")
        if missing(name):
            print(f"{name} is left out: {missing(name)} is not installed (pip install 'nas[bench]')", file=sys.stderr)
    installed = tuple(name for name in names if not missing(name))
    if not installed:
        raise InputError(f"--algorithms {text}: none of them is installed")
    return installed


def _columns(text: str) -> tuple[str, ...]:
    """Return the further columns that are asked for."""
    names = tuple(text.split(",")) if text else ()
    for name in names:
        if name not in COLUMNS:
            raise InputError(f"--columns: unknown column {name!r}{nearest(name, COLUMNS)}")
    return names


def _whole(option: str, text: str) -> int:
    if not text.strip().isdecimal() or int(text) < 1:
        raise InputError(f"{option}: a whole number from 1 is wanted, found {text!r}")
    return int(text)


def _share(text: str | None) -> float | None:
    try:
        share = None if text is None else float(text)
    except ValueError:
        share = -1.0
    if share is not None and not 0 < share <= 1.21:
        raise InputError(f"--until: a share of the hypervolume such as 0.99 is wanted, found {text!r}")
    return share


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--table", required=True)
    parser.add_argument("--objectives", default="")
    parser.add_argument("--algorithms", default="surrogate,random,optuna-nsga2,optuna-tpe,pymoo-nsga2")
    parser.add_argument("--evaluations", default="50,100,200")
    parser.add_argument("--seeds", default="5")
    parser.add_argument("--population")
    parser.add_argument("--priced", default="")
    parser.add_argument("--until")
    parser.add_argument("--columns", default="")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
