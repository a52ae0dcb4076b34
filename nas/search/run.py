"""One search from a trained supernet: strategy, journal, trials, progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nas.search.domains import SpaceDomain
from nas.search.evaluate import EvaluationInputs
from nas.search.generations import Generations
from nas.search.journal import Journal
from nas.search.screening import PROPOSALS_A_PLACE, ScreenedGenerations, screening_text
from nas.search.searchers import Price, SearchTask, Turns, make_searcher
from nas.search.tune import run_trials
from search_spaces.errors import InputError
from supernet import Supernet

if TYPE_CHECKING:
    from nas.fronts import Front
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
    fronts: Sequence[Front],
    *,
    ray_address: str | None = None,
    on_progress: Callable[[SearchProgress], None] = lambda progress: None,
) -> None:
    """Evaluate until the journal holds ``plan.settings.evaluations``, or the space has no further network.

    An evaluation counts for every front; the fronts propose in turns. Raises InputError when no network
    meets the constraints.
    """
    settings, started = plan.settings, time.monotonic()
    with Journal(journal_path, weights=weights, data=plan.data.digest) as journal:
        generations = _generations(plan, price, fronts, journal)
        before = generations.done

        def show() -> None:
            speed = (generations.done - before) / max(time.monotonic() - started, 1e-9)
            found = journal.evaluations
            volume = ", ".join(front.of(f"hypervolume {front.volume(found) / front.box:.4f}") for front in fronts)
            note = f"{speed:.2f} evaluations/s, {volume}, {settings.workers} workers"
            if settings.screening_images is not None:
                note += f", {screening_text(found)}"
            on_progress(SearchProgress(generations.done, settings.evaluations, note))

        show()
        inputs = EvaluationInputs.of(supernet, plan.data, settings.recalibration_images)
        run_trials(generations, inputs, settings.workers, address=ray_address, on_result=show)
        if not journal.evaluations:
            limits = "; ".join(c.text for c in plan.problem.constraints)
            raise InputError(f"no network of the space was found that meets all of: {limits}. Relax one of them.")


def _generations(plan: Plan, price: Price, fronts: Sequence[Front], journal: Journal) -> Generations:
    settings, images = plan.settings, plan.settings.screening_images
    domain, seeds = SpaceDomain(plan.space), [seed.network for seed in plan.seeds]
    proposals = settings.population * (1 if images is None else PROPOSALS_A_PLACE)
    tasks = [SearchTask(domain, front.problem, price, settings.seed, proposals, seeds) for front in fronts]
    searcher = Turns([make_searcher(settings.algorithm, task) for task in tasks])
    if images is None:
        return Generations(searcher, journal, settings.evaluations)
    problems = [front.problem for front in fronts]
    return ScreenedGenerations(searcher, journal, settings.evaluations, settings.population, images, problems)
