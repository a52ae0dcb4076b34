"""The first points of a search beside its seeds: the extremes, and others spread evenly over cost."""

from __future__ import annotations

import numpy as np

from nas.search.problem import Floats
from nas.search.searchers._fresh import Batch, Fresh
from nas.search.searchers._searcher import SearchTask
from search_spaces.drawing import pick_evenly

_DRAWS = 16  # for each one that is kept
COSTS = ("macs", "params")  # by which points are spread, the first that is known


def founders(task: SearchTask, fresh: Fresh, count: int, rng: np.random.Generator) -> list[Batch]:
    """Claim ``count`` points (fewer in a small domain): extremes, then a sample.

    The sample is spread evenly over the logarithm of a cost, or over the choices where none is known.
    """
    ends = fresh.new(task.domain.extremes(), "extreme")
    found = [fresh.claim(ends.take(np.arange(len(ends))[:count]))]
    missing = count - sum(map(len, found))
    pool = fresh.new(task.domain.sample(_DRAWS * max(missing, 1), rng), "random")
    if missing > 0 and len(pool):
        cost = next((pool.columns[name] for name in COSTS if name in pool.columns), None)
        rows = _unlike(task, pool, missing) if cost is None else _spread(cost, missing)
        found.append(fresh.claim(pool.take(rows)))
    return [batch for batch in found if len(batch)]


def _spread(cost: Floats, count: int) -> list[int]:
    return pick_evenly(np.log(np.maximum(cost, 1)).tolist(), count)


def _unlike(task: SearchTask, pool: Batch, count: int) -> list[int]:
    """Return rows that are far from each other, one by one the one whose nearest chosen one is the farthest."""
    encoded = task.domain.encode(pool.genes)
    table = encoded.table
    chosen = [0]
    nearest = ((table - table[0]) ** 2).sum(axis=1)
    while len(chosen) < min(count, len(pool)):
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, ((table - table[chosen[-1]]) ** 2).sum(axis=1))
    return chosen
