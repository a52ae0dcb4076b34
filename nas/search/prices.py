"""What networks cost, without evaluating them: counted exactly, and latency as the profile predicts it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nas.search.domains import Genes
from predictors import LatencyPredictor
from predictors.population import PopulationTable
from predictors.table import COLUMNS
from search_spaces import SearchSpace


class NetworkPrices:
    """Prices networks of a space by their genes, whole populations at a time."""

    def __init__(self, space: SearchSpace, latency: LatencyPredictor):
        self._costs, self._latency = PopulationTable(space), latency

    def __call__(self, genes: Genes) -> Mapping[str, NDArray[np.float64]]:
        """Return the columns [N] of networks with genes [N,G]: macs, params, activations, latency and its interval."""
        milliseconds, low, high = self._latency.predict_genes(genes)
        times = {"latency_ms": milliseconds, "latency_low_ms": low, "latency_high_ms": high}
        return {**times, **dict(zip(COLUMNS, self._costs.totals(genes).T, strict=True))}
