"""Runs of engines, one for each seed, kept in a file as they finish."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engines import ENGINES, Question, Task
from search_spaces.errors import InputError
from search_spaces.files import read_json_lines


@dataclass(frozen=True)
class Plan:
    """Which engines are compared after which numbers of evaluations, from the smallest; the share that is awaited."""

    algorithms: tuple[str, ...]
    marks: tuple[int, ...]
    seeds: int
    priced: tuple[str, ...] = ()
    population: int | None = None
    until: float | None = None


@dataclass(frozen=True)
class Run:
    """One engine with one seed: objectives, hypervolume and process time of each evaluation, places of repeated ones.

    Objectives [N,M] are all minimised, from 0 to 1.
    """

    algorithm: str
    seed: int
    shares: list[float]
    seconds: list[float]
    repeated: list[int]
    values: list[list[float]]


def measure(question: Question, plan: Plan, keep: Path | None = None) -> list[Run]:
    """Return the runs of a plan, seed by seed; those that the file ``keep`` holds are not made again.

    Raises InputError for a file of something else.
    """
    done = {(run.algorithm, run.seed): run for run in _kept(question, plan, keep)}
    wanted = [(algorithm, seed) for seed in range(plan.seeds) for algorithm in plan.algorithms]
    clock = _Clock([one for one in wanted if one not in done])
    for algorithm, seed in clock.left.copy():
        started = time.monotonic()
        run = one_run(question, plan, algorithm, seed)
        done[algorithm, seed] = run
        if keep is not None:
            with keep.open("a") as file:
                file.write(json.dumps({**_same(question, plan), **asdict(run)}) + "\n")
        clock.finished(run, question.table, time.monotonic() - started)
    return [done[one] for one in wanted]


def one_run(question: Question, plan: Plan, algorithm: str, seed: int) -> Run:
    """Return what one engine finds with as many evaluations as the plan has at most."""
    task = Task(question, plan.marks[-1], seed, plan.priced, plan.population)
    ENGINES[algorithm](task)
    return Run(algorithm, seed, task.shares().tolist(), task.seconds, task.repeated, np.array(task.values).tolist())


def _same(question: Question, plan: Plan) -> dict[str, Any]:
    """Return what else a run depends on, as JSON."""
    objectives = [f"{objective.name}:{objective.direction}" for objective in question.objectives]
    evaluations = {"evaluations": plan.marks[-1], "size": question.size}
    return {"table": question.table, "objectives": objectives, "priced": list(plan.priced),
            "population": plan.population, **evaluations}  # fmt: skip


def _kept(question: Question, plan: Plan, keep: Path | None) -> Iterator[Run]:
    """Yield the runs of this question that the file holds."""
    same = _same(question, plan)
    for where, line in read_json_lines(keep) if keep is not None and keep.exists() else ():
        try:
            run = Run(**{field.name: line[field.name] for field in fields(Run)})
            if {name: line[name] for name in same} == same:
                yield run
        except KeyError as error:
            raise InputError(f"{where}: not a run of search_engines.py: {error} is missing") from error


class _Clock:
    """Says on stderr what finished and how long the others may take."""

    def __init__(self, left: list[tuple[str, int]]):
        self.left, self.total = left, len(left)
        self._spent: dict[str, list[float]] = {}

    def finished(self, run: Run, table: str, seconds: float) -> None:
        """Tell of one run that took so long."""
        self._spent.setdefault(run.algorithm, []).append(seconds)
        self.left.remove((run.algorithm, run.seed))
        print(f"{table} {run.algorithm} seed {run.seed}: {run.shares[-1]:.4f} after {len(run.shares)} evaluations in "
              f"{seconds:.0f} s; {self.total - len(self.left)} of {self.total} runs, about {self._expected() / 60:.0f} "
              "min left", file=sys.stderr, flush=True)  # fmt: skip

    def _expected(self) -> float:
        """Return the seconds that are left: as the same engine took so far, or else the mean of all."""
        means: Mapping[str, float] = {name: sum(spent) / len(spent) for name, spent in self._spent.items()}
        usual = sum(means.values()) / len(means)
        return sum(means.get(algorithm, usual) for algorithm, _ in self.left)
