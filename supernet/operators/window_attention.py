"""Self-attention inside windows or over a spread-out grid (arXiv:2204.01697)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from search_spaces import OpConfig
from supernet.operators._heads import BiasedHeads, HeadMixer, attend
from supernet.operators._windows import Axis, Windows, runs


class _WindowHeads(BiasedHeads):
    """Every query meets the keys of its own window."""

    side = "window"

    def __init__(self, width: int, configs: Sequence[OpConfig]):
        super().__init__(width, configs)
        self.window, self.grid = 1, False

    def configure(self, config: OpConfig, width: int) -> None:
        super().configure(config, width)
        self.window, self.grid = config["window"], config["partition"] == "grid"

    def forward(self, x: Tensor) -> Tensor:
        windows = Windows(*(self._axis(size) for size in x.shape[2:]), grid=self.grid)
        query, key, value = (windows.split(t) for t in self.qkv(x))
        return windows.join(attend(query, key, value, self.count, self._mask(windows, x)))

    def _axis(self, size: int) -> Axis:
        """Return the runs along an axis; a grid has as many of them as a window has positions."""
        return runs(size, -(-size // self.window) if self.grid else self.window)

    def _mask(self, windows: Windows, x: Tensor) -> Tensor | None:
        """Return what is added to the products, [1 or N * groups, 1 or heads, 1 or tokens, tokens]."""
        bias = self.bias_of(*_offsets(windows.tokens, x.device))[None] if self.use_bias else None
        if not windows.padded:
            return bias
        missing = ~windows.real(x.device)[:, None, None]
        mask = torch.zeros(missing.shape, dtype=x.dtype, device=x.device).masked_fill(missing, float("-inf"))
        mask = mask if bias is None else mask + bias
        return mask.expand(x.shape[0], *mask.shape).flatten(0, 1)


def _offsets(sides: tuple[int, int], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the offsets key - query along rows and along columns, [tokens, tokens] each, of a window."""
    rows = torch.arange(sides[0], device=device).repeat_interleave(sides[1])
    columns = torch.arange(sides[1], device=device).repeat(sides[0])
    return rows - rows[:, None], columns - columns[:, None]


class WindowAttention(HeadMixer):
    """[N, width, H, W] to the same shape, at any H and W.

    ``block``: windows of window x window neighbours from the top left corner. ``grid``: positions ceil(H / window)
    rows and ceil(W / window) columns apart. Where the map ends inside a window, the rest is padding that no query
    attends to. Windows share all weights with grids and with smaller windows.
    """

    heads = _WindowHeads


MODULE = WindowAttention
