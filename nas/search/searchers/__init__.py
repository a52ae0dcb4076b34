"""Search strategies, by name; a strategy that is registered here gets its contract tests."""

from nas.search.searchers._searcher import Price, Searcher, SearchTask, free
from nas.search.searchers._turns import Turns
from nas.search.searchers.local_search import LocalSearch
from nas.search.searchers.nsga2 import NSGA2
from nas.search.searchers.optuna_samplers import OptunaGP, OptunaNSGA2, OptunaNSGA3, OptunaTPE
from nas.search.searchers.progressive import Progressive
from nas.search.searchers.random import RandomSearch
from nas.search.searchers.regularized_evolution import RegularizedEvolution
from nas.search.searchers.surrogate import Surrogate
from search_spaces.errors import InputError, nearest

SEARCHERS: dict[str, type[Searcher]] = {
    "surrogate": Surrogate,
    "nsga2": NSGA2,
    "regularized-evolution": RegularizedEvolution,
    "local-search": LocalSearch,
    "progressive": Progressive,
    "optuna-tpe": OptunaTPE,
    "optuna-nsga2": OptunaNSGA2,
    "optuna-nsga3": OptunaNSGA3,
    "optuna-gp": OptunaGP,
    "random": RandomSearch,
}


def make_searcher(name: str, task: SearchTask) -> Searcher:
    """Return the strategy of a name. Raises InputError with the nearest known name."""
    check_searcher(name)
    return SEARCHERS[name](task)


def check_searcher(name: str) -> None:
    """Raise InputError with the nearest known name when there is no strategy of this name."""
    if name not in SEARCHERS:
        raise InputError(f"unknown search algorithm {name!r}{nearest(name, SEARCHERS)}")


__all__ = ["SEARCHERS", "Price", "SearchTask", "Searcher", "Turns", "check_searcher", "free", "make_searcher"]
