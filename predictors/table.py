"""The cost table of a space: population prices by look-up, and the exact range that the space can reach."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from predictors.parts import Part, additive_range
from predictors.trace import Trace
from predictors.trace_cache import keep, recall
from predictors.values import PartValues
from search_spaces import Architecture, SearchSpace

COLUMNS = ("macs", "params", "activations")


def _vector(part: Part, traced: Trace) -> np.ndarray:
    macs = sum(call.macs for call in traced.calls)
    activations = sum(call.elements for call in traced.calls if call.product)
    return np.array([macs, traced.params, activations], dtype=np.int64)


class CostCounter:
    """Costs of networks in ``"train"`` or ``"deploy"`` form; a part that several have is priced once."""

    def __init__(self, form: str):
        self.form = form
        self._values = PartValues(form, _vector)

    def part(self, part: Part) -> np.ndarray:
        """Return `COLUMNS` of one part."""
        return self._values(part)

    def price(self, architecture: Architecture) -> dict[str, int]:
        """Return macs, params and activations; equal to `price_architecture`."""
        total = self._values.total(architecture)
        return {name: int(value) for name, value in zip(COLUMNS, total, strict=True)}


class CostTable(CostCounter):
    """Costs of the networks of one space, and their range. Once whole, the table is kept on disk (`trace_cache`)."""

    def __init__(self, space: SearchSpace, form: str = "deploy"):
        super().__init__(form)
        self.space, self._kept = space, recall(space, form)

    def keep(self) -> None:
        """Write what was counted to disk, where something is new; called when all parts of the space are counted."""
        if not self._values.traced <= self._kept:
            self._kept |= self._values.traced
            keep(self.space, self.form, self._kept)

    @cached_property
    def _range(self) -> tuple[np.ndarray, np.ndarray]:
        found = additive_range(self.space, self._values)
        self.keep()
        return found

    def range(self) -> dict[str, tuple[int, int]]:
        """Return the exact (lowest, highest) of each cost over all networks of the space."""
        low, high = self._range
        return {name: (int(low[i]), int(high[i])) for i, name in enumerate(COLUMNS)}
