"""Vectors that add over the parts of a network, each part traced once and remembered."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

import numpy as np

from predictors.parts import Part, parts
from predictors.trace import Trace
from predictors.traces import frame, traces
from search_spaces import Architecture, OpConfig
from search_spaces import Block as BlockConfig


class PartValues:
    """A vector for each part of a network, computed from the part's trace in ``form`` (train or deploy).

    A block's vector is that of a reference block of its frame plus one difference per slot, so that a space of
    thousands of blocks is priced from a few hundred traces. ``traced`` are the parts of these.
    """

    def __init__(self, form: str, vector: Callable[[Part, Trace], np.ndarray]):
        self.form, self.vector = form, vector
        self.traced: set[Part] = set()
        self._known: dict[Part, np.ndarray] = {}
        self._differences: dict[Hashable, np.ndarray] = {}

    def __call__(self, part: Part) -> np.ndarray:
        """Return the vector of one part."""
        if part not in self._known:
            block = part.config
            self._known[part] = self._block(part, block) if isinstance(block, BlockConfig) else self._traced(part)
        return self._known[part]

    def total(self, architecture: Architecture) -> np.ndarray:
        """Return the sum over the parts of a network."""
        return np.sum([self(part) for part in parts(architecture)], axis=0)

    def _traced(self, part: Part) -> np.ndarray:
        self.traced.add(part)
        return self.vector(part, traces(self.form)(part))

    def _block(self, part: Part, block: BlockConfig) -> np.ndarray:
        reference = traces(self.form).reference(part, block)
        if reference == block:
            return self._traced(part)
        whole, slots = part._replace(config=reference), reference.slots()
        changes = ((slot, config) for slot, config in block.slots().items() if config != slots[slot])
        return self(whole) + sum(self._difference(whole, reference, *change) for change in changes)

    def _difference(self, whole: Part, reference: BlockConfig, slot: str, config: OpConfig) -> np.ndarray:
        """Return what another operator in one slot of the reference block adds to its vector."""
        key = (frame(whole, reference), slot, config)
        if key not in self._differences:
            changed: dict[str, Any] = {slot: config}
            other = whole._replace(config=replace(reference, **changed))
            self._differences[key] = self._traced(other) - self(whole)
        return self._differences[key]
