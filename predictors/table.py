"""The cost table of a space: population prices by look-up, and the exact range that the space can reach."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from predictors.parts import Part, additive_range
from predictors.trace import Trace
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
    """Costs of the networks of one space, and their range."""

    def __init__(self, space: SearchSpace, form: str = "deploy"):
        super().__init__(form)
        self.space = space

    @cached_property
    def _range(self) -> tuple[np.ndarray, np.ndarray]:
        return additive_range(self.space, self._values)

    def range(self) -> dict[str, tuple[int, int]]:
        """Return the exact (lowest, highest) of each cost over all networks of the space."""
        low, high = self._range
        return {name: (int(low[i]), int(high[i])) for i, name in enumerate(COLUMNS)}
