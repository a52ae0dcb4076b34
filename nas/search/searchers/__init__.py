"""Search strategies, by name; a strategy that is registered here gets its contract tests."""

from nas.search.searchers._searcher import Cheap, Searcher, SearchTask
from nas.search.searchers.evolution import Evolution
from nas.search.searchers.random import RandomSearch
from search_spaces.errors import InputError, nearest

SEARCHERS: dict[str, type[Searcher]] = {"evolution": Evolution, "random": RandomSearch}


def make_searcher(name: str, task: SearchTask) -> Searcher:
    """Return the strategy of a name. Raises InputError with the nearest known name."""
    if name not in SEARCHERS:
        raise InputError(f"unknown search algorithm {name!r}{nearest(name, SEARCHERS)}")
    return SEARCHERS[name](task)


__all__ = ["SEARCHERS", "Cheap", "SearchTask", "Searcher", "make_searcher"]
