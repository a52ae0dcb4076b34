"""Search strategies, by name; a strategy that is registered here gets its contract tests."""

from nas.search.searchers._searcher import Cheap, Searcher, SearchTask
from nas.search.searchers.evolution import Evolution
from nas.search.searchers.random import RandomSearch
from search_spaces.errors import InputError, nearest

SEARCHERS: dict[str, type[Searcher]] = {"evolution": Evolution, "random": RandomSearch}


def make_searcher(name: str, task: SearchTask) -> Searcher:
    """Return the strategy of a name. Raises InputError with the nearest known name."""
    check_searcher(name)
    return SEARCHERS[name](task)


def check_searcher(name: str) -> None:
    """Raise InputError with the nearest known name when there is no strategy of this name."""
    if name not in SEARCHERS:
        raise InputError(f"unknown search algorithm {name!r}{nearest(name, SEARCHERS)}")


__all__ = ["SEARCHERS", "Cheap", "SearchTask", "Searcher", "check_searcher", "make_searcher"]
