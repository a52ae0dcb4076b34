"""The nested subnets that need no search, as the report shows them beside the front that was found."""

from __future__ import annotations

import numpy as np

from analysis.fronts import non_dominated
from analysis.quantities import significant
from analysis.run import Run


def search_free_words(run: Run) -> str:
    """Say what the search gained over nested subnets; nothing where the run did not evaluate them."""
    free = run.search_free
    if not free["networks"]:
        return ""
    text = (
        f"Triangles are {len(free['networks'])} nested subnets of the same supernet, with all dimensions shrunk "
        f"together: what one could take without a search. Of them {_dominated(run)} are dominated by the "
        "networks of the front."
    )
    if free["hypervolume"] > 0:
        factor = run.front["hypervolume"] / free["hypervolume"]
        text += f" The hypervolume that the search found is {significant(factor)} times theirs."
    return text


def _dominated(run: Run) -> int:
    """Return how many of them some network of the front is better than, or equal to in everything."""
    names = [objective.name for objective in run.objectives]
    directions = [objective.direction for objective in run.objectives]
    found = [[entry[name] for name in names] for entry in run.front["entries"]]
    free = [[network[name] for name in names] for network in run.search_free["networks"]]
    alone = [non_dominated([*found, one], directions)[-1] for one in free if one not in found]
    return int(np.sum(~np.array(alone, dtype=bool)))
