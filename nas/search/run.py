"""One search from a trained supernet: strategy, journal, trials, progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.fronts import hypervolume
from nas.search.domains import SpaceDomain
from nas.search.evaluate import EvaluationInputs
from nas.search.generations import Generations
from nas.search.journal import Journal
from nas.search.searchers import Price, SearchTask, make_searcher
from nas.search.tune import run_trials
from search_spaces.errors import InputError
from supernet import Supernet

if TYPE_CHECKING:
    from nas.plan import Plan


@dataclass(frozen=True)
class SearchProgress:
    """How far a search is."""

    done: int
    total: int
    note: str


def search_networks(
    plan: Plan,
    journal_path: Path,
    supernet: Supernet,
    weights: str,
    price: Price,
    reference: Mapping[str, float],
    box: float,
    *,
    ray_address: str | None = None,
    on_progress: Callable[[SearchProgress], None] = lambda progress: None,
) -> None:
    """Evaluate until the journal holds ``plan.settings.evaluations``, or the space has no further network.

    The hypervolume shown is a share of ``box``. Raises InputError when no network meets the constraints.
    """
    settings, started = plan.settings, time.monotonic()
    task = SearchTask(SpaceDomain(plan.space), plan.problem, price, settings.seed, settings.population)
    with Journal(journal_path, weights=weights, data=plan.data.digest) as journal:
        generations = Generations(make_searcher(settings.algorithm, task), journal, settings.evaluations)
        before = generations.done

        def show() -> None:
            speed = (generations.done - before) / max(time.monotonic() - started, 1e-9)
            share = _volume(plan, journal, reference) / box
            note = f"{speed:.2f} evaluations/s, hypervolume {share:.4f}, {settings.workers} workers"
            on_progress(SearchProgress(generations.done, settings.evaluations, note))

        show()
        inputs = EvaluationInputs.of(supernet, plan.data, settings.recalibration_images)
        run_trials(generations, inputs, settings.workers, address=ray_address, on_result=show)
        if not journal.evaluations:
            limits = "; ".join(c.text for c in plan.problem.constraints)
            raise InputError(f"no network of the space was found that meets all of: {limits}. Relax one of them.")


def _volume(plan: Plan, journal: Journal, reference: Mapping[str, float]) -> float:
    usable = [e.metrics for e in journal.evaluations if e.ok and plan.problem.feasible(e.metrics)]
    if not usable:
        return 0.0
    values = [plan.problem.values(metrics) for metrics in usable]
    return hypervolume(values, plan.problem.directions, [reference[name] for name in plan.problem.names])
