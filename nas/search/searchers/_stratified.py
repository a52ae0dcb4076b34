"""A sample that is spread evenly over cost, not bunched where most of a space's networks lie."""

from __future__ import annotations

import numpy as np

from nas.search.records import Candidate
from nas.search.searchers._fresh import Fresh
from nas.search.searchers._searcher import SearchTask
from search_spaces.drawing import pick_evenly

_DRAWS = 16  # for each one that is kept


def spread_over_cost(task: SearchTask, fresh: Fresh, count: int, rng: np.random.Generator) -> list[Candidate]:
    """Return ``count`` samples (fewer in a small space), picked evenly over the logarithm of MACs."""
    pool = fresh.accept([(task.space.sample(rng), "random") for _ in range(_DRAWS * count)])
    picked = pick_evenly([np.log(max(candidate.metrics["macs"], 1)) for candidate in pool], count)
    fresh.forget(pool)
    return fresh.accept((pool[i].architecture, "random") for i in picked)
