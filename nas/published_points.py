"""Published networks beside a front: points of the space that was searched, at the accuracy of their authors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nas.devices import Device
from predictors.table import CostTable
from search_spaces import SearchSpace
from search_spaces.published import published_in


def published_points(space: SearchSpace, table: CostTable, devices: Sequence[Device]) -> list[dict[str, Any]]:
    """Return the published networks of a space that have an ImageNet-1K accuracy, with their costs in it.

    A space holds them with its own input and number of classes only, so there are none for data unlike theirs.
    ``accuracy`` (0 to 1) is that of fully trained networks; latency is predicted like that of all others.
    """
    found = [(one, one.architecture()) for one in published_in(space) if one.top1 is not None]
    if not found:
        return []
    networks = [architecture for _, architecture in found]
    times = {name: column for device in devices for name, column in device.predict(networks).items()}
    return [
        {
            "name": one.name,
            "paper": one.paper,
            "source": one.source,
            "digest": architecture.digest,
            "accuracy": (one.top1 or 0) / 100,
            **{name: float(column[i]) for name, column in times.items()},
            **table.price(architecture),
        }
        for i, (one, architecture) in enumerate(found)
    ]
