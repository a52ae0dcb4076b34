"""Parameters of the deployed network."""

from __future__ import annotations

from predictors.table import CostCounter
from predictors.zero_cost._score import Batch, Score
from search_spaces import Architecture


class Params(Score):
    """Trainable numbers."""

    def __init__(self) -> None:
        self._costs = CostCounter("deploy")

    def _value(self, architecture: Architecture, batch: Batch | None, seed: int) -> float:
        return float(self._costs.price(architecture)["params"])
