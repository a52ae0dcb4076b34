"""Evaluations on Ray Tune workers, on this machine or on a cluster.

A trial of Tune is a worker and not a point: with ``reuse_actors`` Tune keeps one idle actor only, so every wait for the
end of a generation would stop workers, and starting one takes longer than many an evaluation (docs/scaling.md).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nas.cluster import ray_cluster  # first: Ray reads the environment when it is imported  # isort: skip

import ray
from ray import tune
from ray.tune import Stopper
from ray.tune.search import Searcher
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from nas.outbox import Outbox
from nas.search.evaluate import Evaluator
from nas.search.generations import Generations
from nas.search.worker import EvaluationWorker, Inputs
from search_spaces.errors import InputError, WorkError

_MOST_WAITING = 100_000  # calls that an outbox holds at a time
_STILLBORN = 3  # times the workers: so many may die before they are ready


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

    Each worker builds its evaluator once (``make``). A failed evaluation, or one whose process or node died, is
    tried again once, then recorded as failed; one whose outputs are not finite is recorded at once.

    Raises InputError when no Ray cluster answers at ``address``, when an evaluator raises one, and when the journal can
    not be written (a full disk); WorkError when a whole generation failed, and when no worker lives to begin.
    """
    if generations.finished:
        return
    with ray_cluster(workers, address) as storage:
        proposals = GenerationSearch(generations, _outbox(), workers, on_result)
        sealed = [ray.put((inputs, make))]
        _tuner(proposals, sealed, storage).fit()
    if proposals.failure is not None:
        raise proposals.failure
    if not generations.finished:
        raise RuntimeError(f"Ray Tune stopped after {generations.done} of {generations.total} evaluations; "
                           "continue with --resume")  # fmt: skip


def _outbox() -> Any:
    """Start the outbox beside the driver: no other node can take it down."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(Outbox).options(num_cpus=0, max_concurrency=_MOST_WAITING, scheduling_strategy=here).remote()


def _tuner(proposals: GenerationSearch, sealed: list[Any], storage: Path) -> tune.Tuner:
    worker = tune.with_parameters(EvaluationWorker, outbox=proposals.outbox, sealed=sealed)
    return tune.Tuner(
        tune.with_resources(worker, {"cpu": 1}),
        tune_config=tune.TuneConfig(
            search_alg=proposals,
            num_samples=-1,  # as many workers as die and are replaced
            max_concurrent_trials=proposals.workers,
        ),
        run_config=tune.RunConfig(
            storage_path=str(storage),
            verbose=0,
            stop=proposals,
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),  # the journal holds everything
        ),
    )


class GenerationSearch(Searcher, Stopper):
    """Ray Tune's view of `Generations`: trials are workers, which are handed one proposal after the other.

    A worker without a proposal waits at the outbox until there is one. What goes wrong while a result is taken ends the
    search and is kept in ``failure``: Tune would take it for a fault of the trial.
    """

    def __init__(self, generations: Generations, outbox: Any, workers: int, on_result: Callable[[], None]):
        super().__init__()
        self.generations, self.outbox, self.workers, self.on_result = generations, outbox, workers, on_result
        self.busy: dict[str, int] = {}  # what each worker evaluates
        self.idle: list[str] = []
        self.failure: Exception | None = None
        self._stillborn = 0  # workers in a row that died before they were ready

    def suggest(self, trial_id: str) -> Any:
        """Start one more worker, FINISHED when there is nothing left to do."""
        return Searcher.FINISHED if self.stop_all() else {}

    def stop_all(self) -> bool:
        """Whether all is evaluated or something went wrong."""
        return self.generations.finished or self.failure is not None

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """No result ends a worker alone."""
        return False

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Take a result, if the worker did not just begin; give it, and those that wait, something to do."""
        self.idle.append(trial_id)
        self._stillborn = 0
        if trial_id in self.busy:
            self._take(self.busy.pop(trial_id), result)
        self._hand_out()

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Take the loss of a worker; one that was told to end leaves nothing behind."""
        if not error:
            return
        if trial_id in self.busy:
            self._take(self.busy.pop(trial_id), None)
        elif trial_id in self.idle:
            self.idle.remove(trial_id)
            self._tell(trial_id, None)  # the outbox forgets that it waited
        else:
            self._count_stillborn()
        self._hand_out()

    def _count_stillborn(self) -> None:
        self._stillborn += 1
        if self._stillborn > _STILLBORN * self.workers:
            self.failure = WorkError(
                f"{self._stillborn} workers in a row died before they could evaluate anything: Ray's message is above. "
                "Every node needs this version of nas and memory for a worker. Then continue with --resume."
            )

    def _hand_out(self) -> None:
        """Hand proposals to the workers that wait, as far as there are any; tell them to end when all is over."""
        while self.idle:
            if self.stop_all():
                self._tell(self.idle.pop(), None)
                continue
            proposal = self.generations.next()
            if proposal is None:
                return
            trial_id = self.idle.pop()
            self.busy[trial_id], candidate = proposal
            images = self.generations.judged_on(self.busy[trial_id])
            self._tell(trial_id, json.dumps({"point": candidate.point.to_dict(), "images": images}))

    def _tell(self, trial_id: str, proposal: str | None) -> None:
        self.outbox.put.remote(trial_id, proposal)

    def _take(self, index: int, result: dict[str, Any] | None) -> None:
        if self.failure is None:
            try:
                self._record(index, result)
                self.on_result()
            except Exception as failure:
                self.failure = failure

    def _record(self, index: int, result: dict[str, Any] | None) -> None:
        if result is None:
            self.generations.fail(index, "the worker process died")
        elif result["refused"]:
            raise InputError(result["error"])
        elif result["error"] is not None:
            self.generations.fail(index, result["error"], result["seconds"], final=result["final"])
        else:
            self.generations.succeed(index, json.loads(result["metrics"]), result["seconds"])

    def save(self, checkpoint_path: str) -> None:
        """Nothing to save: the journal holds everything."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing to restore: the journal holds everything."""

    def save_to_dir(self, checkpoint_dir: str, session_str: str = "default") -> None:
        """Nothing to save: the journal holds everything."""

    def __reduce__(self) -> Any:
        # Tune pickles its configuration at the start; the copy is never used, and this one holds open files.
        return Searcher, ()
