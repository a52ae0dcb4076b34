"""A run's evaluations as an Optuna study, which optuna-dashboard opens; evaluations.jsonl remains the truth."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from analysis.run import Run
from nas.search.problem import Constraint, Problem, parse_problem
from nas.search.records import Evaluated
from search_spaces import SearchSpace, load_space
from search_spaces.errors import InputError
from search_spaces.files import write_atomic

_STATES = {"ok": TrialState.COMPLETE, "screened": TrialState.PRUNED, "failed": TrialState.FAIL}


def write_study(run_path: Path, file: Path) -> dict[str, int]:
    """Write an Optuna journal file of what a run has evaluated so far; return the number of trials of each study.

    There is a study for each front: its objectives in their order, the genes that exist in a network as parameters,
    failed evaluations as failed trials, how far each constraint is from its bound. Raises InputError for a run without
    evaluations, and when the file can not be written.
    """
    run = Run(run_path)
    space, records = _space(run), enumerate(run.records, start=1)
    found = [Evaluated.from_dict(record, f"{run_path / 'evaluations.jsonl'}:{line}") for line, record in records]
    evaluations = sorted(found, key=lambda one: one.index)
    names = [objective["name"] for objective in run.config["objectives"]]
    devices = run.config.get("devices", [])
    problem = parse_problem(",".join(names), run.config["constraints"], devices)
    fronts = {run.config["name"] + (device and f"@{device}"): own for device, own in problem.fronts(devices).items()}
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "study.log"
        for name, own in fronts.items():
            _write(journal, name, own, trials(space, own, evaluations))
        write_atomic(file, lambda target: target.write(journal.read_bytes()))
    return dict.fromkeys(fronts, len(evaluations))


def trials(space: SearchSpace, problem: Problem, evaluations: Iterable[Evaluated]) -> list[FrozenTrial]:
    """Return evaluations as finished trials, in their order."""
    distributions = {d.name: CategoricalDistribution([_plain(c) for c in d.choices]) for d in space.dimensions}
    return [_trial(space, problem, one, distributions) for one in evaluations]


def _trial(
    space: SearchSpace, problem: Problem, one: Evaluated, distributions: dict[str, CategoricalDistribution]
) -> FrozenTrial:
    genes = zip(space.dimensions, space.encode(one.point).tolist(), strict=True)
    chosen = {dimension.name: _plain(dimension.choices[gene]) for dimension, gene in genes if gene >= 0}
    others = {name: value for name, value in one.metrics.items() if name not in problem.names}
    about = {"digest": one.point.digest, "origin": one.origin, "seconds": one.seconds, "error": one.error}
    return create_trial(
        state=_STATES[one.status],
        values=problem.values(one.metrics) if one.ok else None,
        params=chosen,
        distributions={name: distributions[name] for name in chosen},
        user_attrs={**{name: value for name, value in about.items() if value is not None}, **others},
        constraints={c.text: _violation(c, one) for c in problem.constraints} if one.ok else {},
    )


def _violation(constraint: Constraint, one: Evaluated) -> float:
    return float(constraint.violations(np.array(one.metrics[constraint.name])))


def _plain(choice: Any) -> Any:
    """Return what Optuna stores of a choice: a number, a text or a truth value as it is, else its text."""
    return choice if isinstance(choice, bool | int | float | str) else str(choice)


def _write(journal: Path, name: str, problem: Problem, listed: list[FrozenTrial]) -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = JournalStorage(JournalFileBackend(str(journal)))
    directions = [StudyDirection.MAXIMIZE if way == "max" else StudyDirection.MINIMIZE for way in problem.directions]
    study = optuna.create_study(study_name=name, storage=storage, directions=directions)
    with warnings.catch_warnings():  # that names of metrics are experimental there is no news for the user
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names(list(problem.names))
    study.add_trials(listed)


def _space(run: Run) -> SearchSpace:
    """Return the space of a run, at the size of its data. Raises InputError where it is another one now."""
    data, kept = run.config["data"], run.path / "space.yaml"
    space = load_space(
        str(kept if kept.exists() else run.config["space"]),
        scale=run.config["scale"],
        resolution=data["resolution"],
        channels=data["channels"],
        classes=data["classes"],
        layout=data["layout"],
    )
    if space.digest != run.config["space_digest"]:
        raise InputError(f"{run.path}: the space that this version of nas reads there is not the one that was searched")
    return space
