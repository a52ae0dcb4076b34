"""What a network's latency is a sum of: kernel calls, MACs and elements by kind, blocks by operator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from predictors.parts import Part
from predictors.regressors import Encoded, standardised
from predictors.regressors.encoded import Floats
from predictors.trace import Call, Trace
from predictors.values import PartValues
from search_spaces import Architecture
from search_spaces import Block as BlockConfig
from search_spaces.operators import BLOCK_SLOTS, OPERATORS

_GENERAL = (
    *("networks", "calls", "pointwise_macs", "dense_macs", "depthwise_macs", "dilated_macs"),
    *("depthwise_elements", "dilated_elements", "dense_elements", "other_elements"),
)


def _kind(call: Call) -> str:
    """Name the kernel that runs a call: what decides its speed."""
    if not call.filters:
        return "dense" if call.product else "other"
    if call.groups > 1:
        return "dilated" if call.dilation > 1 else "depthwise"
    return "pointwise" if max(call.filters[2:]) == 1 else "dense"


class Features:
    """Quantities of networks and of their parts; those of a network are the sums over its parts."""

    def __init__(self, operators: Sequence[str]):
        in_blocks = [op for op in operators if not set(OPERATORS[op].slots).isdisjoint(BLOCK_SLOTS)]
        self.names = (*_GENERAL, *(f"{op}_blocks" for op in in_blocks))
        self._index = {name: i for i, name in enumerate(self.names)}
        self.values = PartValues("deploy", self._vector)

    def networks(self, architectures: Sequence[Architecture]) -> Floats:
        """Return the quantities of networks [N,F]."""
        found = [self.values.total(architecture) for architecture in architectures]
        return np.array(found, dtype=np.float64).reshape(len(found), len(self.names))

    def parts(self, parts: Sequence[Part]) -> Floats:
        """Return the quantities of parts [N,F]."""
        found = [self.values(part) for part in parts]
        return np.array(found, dtype=np.float64).reshape(len(found), len(self.names))

    def _vector(self, part: Part, traced: Trace) -> np.ndarray:
        vector = np.zeros(len(self.names))
        self._add(vector, "networks", float(part.kind == "stem"))
        self._add(vector, "calls", len(traced.calls))
        for call in traced.calls:
            kind = _kind(call)
            self._add(vector, f"{kind}_macs", call.macs)
            self._add(vector, f"{'dense' if kind == 'pointwise' else kind}_elements", call.elements)
        if isinstance(part.config, BlockConfig):
            for config in part.config.slots().values():
                self._add(vector, f"{config.op}_blocks", 1.0)
        return vector

    def _add(self, vector: np.ndarray, name: str, amount: float) -> None:
        if name in self._index:
            vector[self._index[name]] += amount


def encoded(sums: Floats, reference: Floats, hints: Floats | None = None, known: Floats | None = None) -> Encoded:
    """Return quantities [N,F] for regressors, in units of their spread over ``reference``.

    ``hints`` [N,H] are milliseconds that others expect, in units of their spread over ``known``; they come first in
    the sums.
    """
    numbers = {"work": standardised(sums, reference), "logs": standardised(np.log1p(sums), np.log1p(reference))}
    if hints is not None and known is not None and hints.shape[1]:
        numbers["hints"] = standardised(np.log(hints), np.log(known))
        sums = np.hstack([hints, sums])
    return Encoded(np.zeros((len(sums), 0), dtype=np.int64), (), numbers, sums)
