"""Stochastic depth: residual branches that are left out for some images (arXiv:1603.09382)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor

from supernet.network import Supernet


class DropPath:
    """Zeroes a map [N, C, H, W] for a random share ``rate`` of the images; the others make up for it."""

    def __init__(self, rate: float, generator: torch.Generator):
        self.rate, self.generator = rate, generator

    def __call__(self, x: Tensor) -> Tensor:
        kept = torch.rand((len(x), 1, 1, 1), generator=self.generator) >= self.rate
        return x * (kept / (1 - self.rate)).to(x)


@contextmanager
def drop_paths(supernet: Supernet, rate: float, generator: torch.Generator) -> Iterator[None]:
    """Leave out branches inside the ``with``: the last block's at ``rate``, linearly fewer in those before.

    Blocks whose operators bring their own shortcuts (style ``plain``) have no branch to leave out.
    """
    styles = []
    for body in supernet.bodies:
        blocks: list[Any] = [block for stage in cast(Any, body).stages for block in stage.blocks]
        places = [(style, i) for i, block in enumerate(blocks, 1) for style in block.residual.operators.values()]
        styles += [(style, i / len(blocks)) for style, i in places]
    for style, place in styles:
        style.drop = DropPath(rate * place, generator)
    try:
        yield
    finally:
        for style, _ in styles:
            style.drop = None
