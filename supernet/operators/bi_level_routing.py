"""Self-attention over the regions that resemble a region most (arXiv:2303.08810)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from search_spaces import OpConfig
from supernet.elastic import ElasticDepthwiseConv2d
from supernet.operators._heads import HeadMixer, Heads, attend
from supernet.operators._windows import Windows, runs


class _RoutedHeads(Heads):
    """Every query meets the keys of the regions chosen for its own region; a convolution of the values is added."""

    def __init__(self, width: int, configs: Sequence[OpConfig]):
        super().__init__(width, configs)
        kernel = max(config["value_kernel"] for config in configs)
        self.local = ElasticDepthwiseConv2d(self.inner, (kernel, kernel), bias=True)
        self.regions, self.topk = 1, 1

    def configure(self, config: OpConfig, width: int) -> None:
        super().configure(config, width)
        self.local.configure(self.inner, (config["value_kernel"],) * 2)
        self.regions, self.topk = config["regions"], config["topk"]

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.qkv(x)
        rows, columns = (runs(size, -(-size // self.regions)) for size in x.shape[2:])
        routed = self.topk < rows.outer * columns.outer
        attended = (
            self._routed(Windows(rows, columns), query, key, value) if routed else self._to_all(query, key, value)
        )
        return attended + self.local(value)

    def _to_all(self, *maps: Tensor) -> Tensor:
        """Return the attention of all queries to all keys."""
        height, width = maps[0].shape[2:]
        whole = Windows(runs(height, height), runs(width, width))
        query, key, value = (whole.split(t) for t in maps)
        return whole.join(attend(query, key, value, self.count))

    def _routed(self, windows: Windows, *maps: Tensor) -> Tensor:
        """Return the attention of every region's queries to the regions chosen for it."""
        query, key, value = (windows.split(t) for t in maps)
        regions = windows.groups[0] * windows.groups[1]
        real = windows.real(query.device) if windows.padded else None
        chosen = self._route(query, key, regions, real)
        images = torch.arange(chosen.shape[0], device=chosen.device)
        index = (chosen + regions * images[:, None, None]).flatten()
        key, value = (t.index_select(0, index).unflatten(0, (-1, self.topk)).flatten(1, 2) for t in (key, value))
        mask = None if real is None else real[chosen].flatten(2).flatten(0, 1)[:, None, None]
        return windows.join(attend(query, key, value, self.count, mask))

    def _route(self, query: Tensor, key: Tensor, regions: int, real: Tensor | None) -> Tensor:
        """Return the indices [N, regions, topk] of the regions whose mean key is nearest to the mean query."""
        queries, keys = (_means(t.detach().unflatten(0, (-1, regions)), real) for t in (query, key))
        return (queries @ keys.transpose(1, 2)).topk(self.topk, dim=-1).indices


def _means(tokens: Tensor, real: Tensor | None) -> Tensor:
    """Return the means [N, regions, C] of the tokens of each region; missing ones are zero and do not count."""
    if real is None:
        return tokens.mean(2)
    return tokens.sum(2) / real.sum(1)[:, None]


class BiLevelRouting(HeadMixer):
    """[N, width, H, W] to the same shape, at any H and W.

    Regions have ceil(H / regions) rows and ceil(W / regions) columns; the last ones may be cut by the border, and
    what is missing there is neither attended to nor part of the region's mean. With as many regions chosen as there
    are, it is attention over the whole map.
    """

    heads = _RoutedHeads


MODULE = BiLevelRouting
