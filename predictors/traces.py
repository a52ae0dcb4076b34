"""The traces of parts: each is made once in a process, whoever asks."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import cache

import torch

from predictors.parts import Part, build_part
from predictors.trace import Trace, trace
from search_spaces import Block as BlockConfig
from supernet.deploy import deploy_in_place


class Traces:
    """The traces of parts in one form (train or deploy), and the blocks that others are compared with.

    `traces` gives the one of this process: the cost table and the latency predictor of a space ask for equal parts.
    """

    def __init__(self, form: str):
        self.form = form
        self._known: dict[Part, Trace] = {}
        self._references: dict[Hashable, BlockConfig] = {}

    def __call__(self, part: Part) -> Trace:
        """Return the trace of a part."""
        if part not in self._known:
            self.add(part, _traced(part, self.form))
        return self._known[part]

    def __iter__(self) -> Iterator[Part]:
        """Yield the parts that have a trace, the reference of a frame before its other blocks."""
        return iter(self._known)

    def add(self, part: Part, traced: Trace) -> None:
        """Remember the trace of a part."""
        self._known[part] = traced
        if isinstance(part.config, BlockConfig):
            self.reference(part, part.config)

    def reference(self, part: Part, block: BlockConfig) -> BlockConfig:
        """Return the block of this frame that was traced first; ``block``, the part's own, where there is none."""
        return self._references.setdefault(frame(part, block), block)


@cache
def traces(form: str) -> Traces:
    """Return the traces of this process in one form."""
    return Traces(form)


def frame(part: Part, block: BlockConfig) -> Hashable:
    """Return what must be equal in two blocks so that their costs differ by a sum over slots.

    Where nothing is between the norm and the channel mixer, the norm is folded into the mixer or else into the channel
    mixer: what a channel mixer costs then depends on the mixer's operator.
    """
    gateless = block.gate.op == "none"
    empty = (gateless, block.channel_mixer.op == "none")
    place = (part.side, part.inputs, part.sequence)
    return place, block.residual, block.norm, empty, block.mixer.op if gateless else ""


def _traced(part: Part, form: str) -> Trace:
    with torch.device("meta"):  # shapes are enough
        module = build_part(part)
        if form == "deploy":
            module = deploy_in_place(module)
    return trace(module, part.shape)
