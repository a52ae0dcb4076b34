"""Optuna's samplers, asked and told in memory, with their defaults but for the population of NSGA-II and III."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from benchmarks.engines._task import Task
from nas.search.domains import Genes


def search(task: Task, sampler: str, **options: Any) -> None:
    """Search with a sampler of Optuna, by the name of its class. Genes that do not exist are not suggested."""
    import optuna  # pyright: ignore[reportMissingImports]

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if sampler.startswith("NSGA"):
        options["population_size"] = task.others_population
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # experimental features, and categories that TPE counts as such
        directions: list[Any] = ["minimize"] * len(task.question.objectives)
        study = optuna.create_study(
            directions=directions, sampler=getattr(optuna.samplers, sampler)(seed=task.seed, **options)
        )
        while task.left:
            trial = study.ask()
            study.tell(trial, task.evaluate(_suggested(trial, task)).tolist())


def _suggested(trial: Any, task: Task) -> Genes:
    """Return a row [G]; what others hang on is suggested before them."""
    question = task.question
    row = np.full(len(question.choices), -1)
    for gene in sorted(range(len(row)), key=lambda gene: gene in question.conditions):
        if gene in question.conditions:
            parent, allowed = question.conditions[gene]
            if int(row[parent]) not in allowed:
                continue
        count = question.choices[gene]
        if question.ordered[gene]:
            row[gene] = trial.suggest_int(str(gene), 0, count - 1)
        else:
            row[gene] = trial.suggest_categorical(str(gene), list(range(count)))
    return row
