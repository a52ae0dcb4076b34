"""Vectors that add over the parts of a network, each part traced once and remembered."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch

from predictors.parts import Part, build_part, parts
from predictors.trace import Trace, trace
from search_spaces import Architecture, OpConfig
from search_spaces import Block as BlockConfig
from search_spaces.operators import Slot
from supernet import deploy

# Given the residual style, the norm, and which places are empty, each of these adds its own share: what is
# folded into what then depends on one of them alone.
_SLOTS: tuple[Slot, ...] = ("position", "mixer", "gate", "channel_mixer")


def _frame(block: BlockConfig) -> tuple[OpConfig | bool, ...]:
    """Return what must be equal in two blocks so that their costs differ by a sum over slots."""
    return block.residual, block.norm, block.gate.op == "none", block.channel_mixer.op == "none"


@lru_cache(maxsize=8192)  # the cost table and the latency predictor of a space ask for the same parts
def _trace_part(part: Part, form: str) -> Trace:
    with torch.device("meta"):  # shapes are enough
        module = build_part(part)
        if form == "deploy":
            module = deploy(module)
    return trace(module, part.shape)


class PartValues:
    """A vector for each part of a network, computed from the part's trace in ``form`` (train or deploy).

    A block's vector is that of a reference block at its place plus one difference per slot, so that a space of
    thousands of blocks is priced from a few hundred traces.
    """

    def __init__(self, form: str, vector: Callable[[Part, Trace], np.ndarray]):
        self.form, self.vector = form, vector
        self._known: dict[Part, np.ndarray] = {}
        self._references: dict[Hashable, BlockConfig] = {}
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
        return self.vector(part, _trace_part(part, self.form))

    def _block(self, part: Part, block: BlockConfig) -> np.ndarray:
        frame = (part.side, part.inputs, part.sequence, _frame(block))
        if frame not in self._references:
            self._references[frame] = block
            self._known[part] = self._traced(part)
        reference = self._references[frame]
        base = self._known[part._replace(config=reference)]
        return base + sum(self._difference(part, frame, block, slot) for slot in _SLOTS)

    def _difference(self, part: Part, frame: Hashable, block: BlockConfig, slot: Slot) -> np.ndarray:
        config = block.slots()[slot]
        if (frame, slot, config) not in self._differences:
            reference = self._references[frame]
            base = self._known[part._replace(config=reference)]
            changed: dict[str, OpConfig] = {slot: config}
            other = replace(reference, **changed)
            traced = base if other == reference else self._traced(part._replace(config=other))
            self._differences[frame, slot, config] = traced - base
        return self._differences[frame, slot, config]
