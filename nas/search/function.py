"""A search of anything: a function of points, in this process or on Ray workers."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nas.search.domains import Domain, Genes
from nas.search.generations import Generations
from nas.search.journal import Journal
from nas.search.problem import Floats, Problem
from nas.search.records import Evaluated
from nas.search.searchers import SearchTask, free, make_searcher
from search_spaces.errors import InputError

Evaluate = Callable[[Any], Mapping[str, float]]


def search(
    problem: Problem,
    domain: Domain,
    evaluate: Evaluate,
    *,
    algorithm: str = "surrogate",
    evaluations: int = 100,
    population: int = 4,
    seed: int = 0,
    price: Callable[[Genes], Mapping[str, Floats]] = free,
    seeds: Sequence[Any] = (),
    journal: Path | str | None = None,
    key: str = "",
    workers: int = 0,
    on_result: Callable[[list[Evaluated]], None] | None = None,
) -> list[Evaluated]:
    """Return the evaluations of ``evaluate``, which maps a point of the domain to its metrics, in order of proposal.

    ``price`` gives columns that need no evaluation. With ``journal``, a file, the same call goes on where it was
    stopped; ``key`` says what the function depends on besides the point, and stands in every line of it. A point on
    which the function fails is tried again once, then recorded and left; at once, where its value is not finite (or it
    raises FloatingPointError): it would be no other the next time. ``workers`` 0 evaluates in this process, else
    that many Ray workers do; the function and the domain are then sent to them.

    Raises InputError for an unknown algorithm, a journal of another search, and a function that does not return
    a number for every objective and constraint.
    """
    with ExitStack() as stack:
        path = journal or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "evaluations.jsonl"
        book = stack.enter_context(Journal(path, weights="function", data=key, read=domain.read))
        task = SearchTask(domain, problem, price, seed, population, seeds)
        generations = Generations(make_searcher(algorithm, task), book, evaluations)
        inputs = FunctionInputs(domain, evaluate, _wanted(task))

        def show() -> None:
            if on_result is not None:  # the list is sorted anew each time
                on_result(book.evaluations)

        if workers:
            from nas.search.tune import run_trials  # ray takes two seconds to import

            run_trials(generations, inputs, workers, on_result=show, make=FunctionEvaluator)
        else:
            _run_here(generations, FunctionEvaluator(inputs), show)
        return book.evaluations


@dataclass(frozen=True)
class FunctionInputs:
    """A function with the domain of its points and the columns that it must return."""

    domain: Domain
    function: Evaluate
    wanted: tuple[str, ...]

    def read(self, value: Any, where: str) -> Any:
        """Return the point of a JSON form."""
        return self.domain.read(value, where)


class FunctionEvaluator:
    """Calls the function and checks what it returns."""

    def __init__(self, inputs: FunctionInputs):
        self.inputs = inputs

    def evaluate(self, point: Any) -> dict[str, float]:
        """Return the metrics of a point.

        Raises InputError where one is missing or no number, FloatingPointError where it is not finite.
        """
        found = self.inputs.function(point)
        metrics = {}
        for name in self.inputs.wanted:
            if not isinstance(found, Mapping) or name not in found:
                raise InputError(f"the function returned no {name!r}: expected a mapping with {self.inputs.wanted}")
        for name, value in found.items():
            try:
                metrics[str(name)] = float(value)
            except (TypeError, ValueError):
                raise InputError(f"the function returned {value!r} for {name!r}, which is no number") from None
            if not math.isfinite(metrics[name]):
                raise FloatingPointError(f"{name} is {value}")
        return metrics


def _wanted(task: SearchTask) -> tuple[str, ...]:
    """Return the columns that an evaluation must give."""
    priced = task.price(task.domain.sample(1, task.generator(0)))
    names = [*task.problem.names, *(constraint.name for constraint in task.problem.constraints)]
    return tuple(name for name in dict.fromkeys(names) if name not in priced)


def _run_here(generations: Generations, evaluator: FunctionEvaluator, on_result: Callable[[], None]) -> None:
    while (proposal := generations.next()) is not None:
        index, candidate = proposal
        started = time.monotonic()
        try:
            metrics = evaluator.evaluate(candidate.point)
        except InputError:
            raise
        except Exception as error:
            seconds, final = time.monotonic() - started, isinstance(error, FloatingPointError)
            generations.fail(index, f"{type(error).__name__}: {error}", seconds, final=final)
        else:
            generations.succeed(index, metrics, time.monotonic() - started)
        on_result()
