"""What runs on a Ray worker: one trial of Ray Tune, which evaluates one point after the other."""

from __future__ import annotations

import json
import time
from typing import Any, Protocol

from nas.search import ray_environment  # noqa: F401  (first: Ray reads the environment when it is imported)  # isort: skip

import ray
import torch
from ray import tune
from ray.exceptions import RaySystemError

from search_spaces.errors import InputError


class Inputs(Protocol):
    """All that evaluators need, sent to every worker once."""

    def read(self, value: Any, where: str, /) -> Any:
        """Return the point of a JSON form."""
        ...


class EvaluationWorker(tune.Trainable):
    """A trial that lives as long as the search; each of its steps evaluates one point."""

    def setup(self, config: dict[str, Any], outbox: Any, sealed: list[Any]) -> None:
        """Keep what the steps need.

        ``sealed`` holds a reference to ``(inputs, make)``. It is opened for the first point, where an error can be
        reported; here it would look like a dead process.
        """
        torch.set_num_threads(1)
        self._outbox, self._sealed = outbox, sealed[0]
        self._loaded: tuple[Inputs, Any] | None = None

    def step(self) -> dict[str, Any]:
        """Wait for a point and report its ``metrics`` (JSON text: Tune flattens nested results), or what went wrong.

        ``error`` is the text of an exception, ``refused`` says that it is an InputError, which ends the search,
        ``final`` that it would be the same again (an output that is not finite). The first step says that the worker is
        there: it is handed no point while it waits for a place in the cluster.
        """
        if self.iteration == 0:
            return {"ready": True}
        proposal: str | None = ray.get(self._outbox.take.remote(self.trial_id))
        if proposal is None:
            return {"done": True}
        report: dict[str, Any] = {"metrics": "{}", "error": None, "refused": False, "final": False}
        started = time.monotonic()
        try:
            report["metrics"] = json.dumps(self._evaluate(proposal))
        except InputError as error:
            report |= {"error": str(error), "refused": True}
        except Exception as error:
            report |= {"error": f"{type(error).__name__}: {error}", "final": isinstance(error, FloatingPointError)}
        return {**report, "seconds": round(time.monotonic() - started, 3)}

    def _evaluate(self, text: str) -> dict[str, float]:
        proposal = json.loads(text)
        if self._loaded is None:
            inputs, make = _opened(self._sealed)
            self._loaded = inputs, make(inputs)
        inputs, evaluator = self._loaded
        point, images = inputs.read(proposal["point"], "a proposal"), proposal["images"]
        return evaluator.evaluate(point) if images is None else evaluator.evaluate(point, images)


def _opened(sealed: Any) -> Any:
    try:
        return ray.get(sealed)
    except RaySystemError as error:  # its text holds Ray's own traceback
        first = str(error).splitlines()[0]
        raise ImportError(f"a worker can not load what it is to evaluate with: {first}. Every node needs its module on "
                          "PYTHONPATH") from None  # fmt: skip
