"""Vectors that add over the parts of a network, each part traced once and remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from predictors.parts import Part, build_part, parts
from predictors.trace import Trace, trace
from search_spaces import Architecture, OpConfig
from search_spaces import Block as BlockConfig
from search_spaces.operators import Slot
from supernet import deploy

# Slots whose operators are merged into each other are priced together, others alone.
_MERGED_TOGETHER: tuple[tuple[Slot, ...], ...] = (("mixer", "norm"), ("gate",), ("channel_mixer",))


class PartValues:
    """A vector for each part of a network, computed from the part's trace in ``form`` (train or deploy).

    A block's vector is that of a reference block at its place plus one difference per group of slots, so that
    a space of thousands of blocks is priced from a few hundred traces.
    """

    def __init__(self, form: str, vector: Callable[[Part, Trace], np.ndarray]):
        self.form, self.vector = form, vector
        self._known: dict[Part, np.ndarray] = {}
        self._references: dict[tuple[int, int], BlockConfig] = {}
        self._differences: dict[tuple[int, int, tuple[OpConfig, ...]], np.ndarray] = {}

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
        module = build_part(part)
        if self.form == "deploy":
            module = deploy(module)
        return self.vector(part, trace(module, (1, part.inputs, part.side, part.side)))

    def _block(self, part: Part, block: BlockConfig) -> np.ndarray:
        place = (part.side, part.inputs)
        if place not in self._references:
            self._references[place] = block
            self._known[part] = self._traced(part)
        reference = self._references[place]
        base = self._known[part._replace(config=reference)]
        return base + sum(self._difference(part, reference, block, group) for group in _MERGED_TOGETHER)

    def _difference(
        self, part: Part, reference: BlockConfig, block: BlockConfig, group: tuple[Slot, ...]
    ) -> np.ndarray:
        changed: Mapping[str, OpConfig] = {slot: getattr(block, slot) for slot in group}
        key = (part.side, part.inputs, tuple(changed.values()))
        if key not in self._differences:
            base = self._known[part._replace(config=reference)]
            other = replace(reference, **changed)
            traced = base if other == reference else self._traced(part._replace(config=other))
            self._differences[key] = traced - base
        return self._differences[key]
