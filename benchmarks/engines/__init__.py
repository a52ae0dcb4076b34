"""Search engines by name: ours, and what else one would take. All search the same `Question`.

Optuna's samplers stand there as Optuna has them, and with ``our-`` in front as strategies of ours, which keep them
from repeating themselves. ``foreknowing`` is no engine that one could use, but a ceiling.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from types import MappingProxyType

from benchmarks.engines import botorch_qlognehvi, foreknowing, optuna_samplers, ours, pymoo_nsga2
from benchmarks.engines._task import Question, Task
from nas.search.searchers import SEARCHERS

_OTHERS: Mapping[str, Callable[[Task], None]] = {
    "optuna-nsga2": partial(optuna_samplers.search, sampler="NSGAIISampler"),
    "optuna-nsga3": partial(optuna_samplers.search, sampler="NSGAIIISampler"),
    "optuna-tpe": partial(optuna_samplers.search, sampler="TPESampler"),
    "optuna-gp": partial(optuna_samplers.search, sampler="GPSampler", deterministic_objective=True),
    "pymoo-nsga2": pymoo_nsga2.search,
    "botorch-qlognehvi": botorch_qlognehvi.search,
    "foreknowing": foreknowing.search,
}
ENGINES: Mapping[str, Callable[[Task], None]] = MappingProxyType({
    **_OTHERS,
    **{f"our-{name}" if name in _OTHERS else name: partial(ours.search, name=name) for name in SEARCHERS},
})  # fmt: skip


def missing(name: str) -> str | None:
    """Return the package that an engine needs and that is not installed, else None."""
    package = name.removeprefix("our-").partition("-")[0]
    return package if package in ("optuna", "pymoo", "botorch") and find_spec(package) is None else None


__all__ = ["ENGINES", "Question", "Task", "missing"]
