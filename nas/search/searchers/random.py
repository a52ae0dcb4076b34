"""Random search: the floor that every other strategy has to beat."""

from __future__ import annotations

import numpy as np

from nas.search.searchers._fresh import Batch, Fresh
from nas.search.searchers._known import Known
from nas.search.searchers._searcher import Searcher


class RandomSearch(Searcher):
    """Draws from the domain without looking at results."""

    def _choose(self, known: Known, fresh: Fresh, rng: np.random.Generator) -> list[Batch]:
        return []
