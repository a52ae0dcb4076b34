"""Published networks beside a front: points of the space that was searched, at the accuracy of their authors."""

from __future__ import annotations

from typing import Any

from predictors import LatencyPredictor
from predictors.table import CostTable
from search_spaces import SearchSpace
from search_spaces.published import published_in


def published_points(space: SearchSpace, table: CostTable, predictor: LatencyPredictor) -> list[dict[str, Any]]:
    """Return the published networks of a space that have an ImageNet-1K accuracy, with their costs in it.

    A space holds them with its own input and number of classes only, so there are none for data unlike theirs.
    ``accuracy`` (0 to 1) is that of fully trained networks; latency is predicted like that of all others.
    """
    found = [(one, one.architecture()) for one in published_in(space) if one.top1 is not None]
    if not found:
        return []
    milliseconds, low, high = predictor.predict([architecture for _, architecture in found])
    return [
        {
            "name": one.name,
            "paper": one.paper,
            "source": one.source,
            "digest": architecture.digest,
            "accuracy": (one.top1 or 0) / 100,
            "latency_ms": float(milliseconds[i]),
            "latency_low_ms": float(low[i]),
            "latency_high_ms": float(high[i]),
            **table.price(architecture),
        }
        for i, (one, architecture) in enumerate(found)
    ]
