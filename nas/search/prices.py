"""What networks cost, without evaluating them: counted exactly, and latency as each device's profile predicts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nas.devices import Device
from nas.search.domains import Genes
from predictors.population import PopulationTable
from predictors.table import COLUMNS
from search_spaces import SearchSpace


class NetworkPrices:
    """Prices networks of a space by their genes, whole populations at a time."""

    def __init__(self, space: SearchSpace, devices: Sequence[Device]):
        self._costs, self._devices = PopulationTable(space), devices

    def __call__(self, genes: Genes) -> Mapping[str, NDArray[np.float64]]:
        """Return the columns [N] of networks with genes [N,G]: latencies with intervals, counted costs."""
        columns = {name: column for device in self._devices for name, column in device.predict_genes(genes).items()}
        return {**columns, **dict(zip(COLUMNS, self._costs.totals(genes).T, strict=True))}
