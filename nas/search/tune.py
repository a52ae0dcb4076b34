"""Evaluations as Ray Tune trials with reused actors, on this machine or on a cluster."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Protocol

from nas.cluster import ray_cluster  # first: Ray reads the environment when it is imported  # isort: skip

import torch
from ray import tune
from ray.tune.search import Searcher

from nas.search.evaluate import Evaluator
from nas.search.generations import Generations


class Inputs(Protocol):
    """All that evaluators need, sent to every worker once."""

    @property
    def key(self) -> str:
        """The same for equal inputs, other for others."""
        ...

    def read(self, value: Any, where: str, /) -> Any:
        """Return the point of a JSON form."""
        ...


_evaluators: dict[str, Any] = {}  # of this worker process: the supernet is built once, not once a trial


def evaluate_trial(config: dict[str, Any], inputs: Inputs, make: Callable[..., Any]) -> None:
    """Evaluate one point inside a worker and report; an exception is reported as ``error``."""
    started = time.monotonic()
    try:
        torch.set_num_threads(1)
        if inputs.key not in _evaluators:
            _evaluators.clear()
            _evaluators[inputs.key] = make(inputs)
        point = inputs.read(json.loads(config["point"]), "a proposal")
        # As text: Tune flattens nested results.
        report = {"metrics": json.dumps(_evaluators[inputs.key].evaluate(point)), "error": None}
    except Exception as error:
        report = {"metrics": "{}", "error": f"{type(error).__name__}: {error}"}
    tune.report({**report, "seconds": round(time.monotonic() - started, 3)})


def run_trials(
    generations: Generations,
    inputs: Inputs,
    workers: int,
    *,
    address: str | None = None,
    on_result: Callable[[], None] = lambda: None,
    make: Callable[[Any], Any] = Evaluator,
) -> None:
    """Evaluate all proposals, ``workers`` at a time; results go to the journal as they come.

    Each worker builds its evaluator once (``make``). A failed trial, or one whose process or node died, is
    tried again once, then recorded as failed. Raises InputError when no Ray cluster answers at ``address`` and
    when the journal can not be written (a full disk).
    """
    if generations.finished:
        return
    with ray_cluster(workers, address) as storage:
        trainable = tune.with_resources(tune.with_parameters(evaluate_trial, inputs=inputs, make=make), {"cpu": 1})
        proposals = GenerationSearch(generations, on_result)
        tuner = tune.Tuner(
            trainable,
            tune_config=tune.TuneConfig(
                search_alg=proposals,
                num_samples=2 * generations.total,  # every proposal once, and room for second tries
                max_concurrent_trials=workers,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(storage_path=str(storage), verbose=0),
        )
        tuner.fit()
    if proposals.failure is not None:
        raise proposals.failure
    if not generations.finished:
        raise RuntimeError(f"Ray Tune stopped after {generations.done} of {generations.total} evaluations; "
                           "continue with --resume")  # fmt: skip


class GenerationSearch(Searcher):
    """Ray Tune's view of `Generations`: waits while a generation is being finished.

    What goes wrong while a result is taken ends the search and is kept in ``failure``: Tune would take it for
    a fault of the trial.
    """

    def __init__(self, generations: Generations, on_result: Callable[[], None]):
        super().__init__()
        self.generations, self.on_result = generations, on_result
        self.trials: dict[str, int] = {}
        self.failure: Exception | None = None

    def suggest(self, trial_id: str) -> Any:
        """Return the next proposal, None to wait, or FINISHED."""
        if self.generations.finished or self.failure is not None:
            return Searcher.FINISHED
        proposal = self.generations.next()
        if proposal is None:
            return None
        index, candidate = proposal
        self.trials[trial_id] = index
        return {"index": index, "point": json.dumps(candidate.point.to_dict())}

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Hand a result, or the lack of one, to the generations."""
        if self.failure is None:
            try:
                self._take(self.trials.pop(trial_id), None if error else result)
            except Exception as failure:
                self.failure = failure

    def _take(self, index: int, result: dict[str, Any] | None) -> None:
        if result is None:
            self.generations.fail(index, "the worker process died")
        elif result["error"] is not None:
            self.generations.fail(index, result["error"], result["seconds"])
        else:
            self.generations.succeed(index, json.loads(result["metrics"]), result["seconds"])
        self.on_result()

    def save(self, checkpoint_path: str) -> None:
        """Nothing to save: the journal holds everything."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing to restore: the journal holds everything."""

    def save_to_dir(self, checkpoint_dir: str, session_str: str = "default") -> None:
        """Nothing to save: the journal holds everything."""

    def __reduce__(self) -> Any:
        # Tune pickles its configuration at the start; the copy is never used, and this one holds open files.
        return Searcher, ()
