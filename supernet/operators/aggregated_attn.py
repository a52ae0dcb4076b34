"""Cosine attention to a window and to pooled keys in one softmax (arXiv:2311.17132)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.elastic import ElasticConv2d, ElasticLayerNorm
from supernet.offset_bias import OffsetBias, pooled_sides
from supernet.operators._module import OperatorModule, Place
from supernet.parallel import ParallelConvs
from supernet.table import ElasticTable
from supernet.taps import inside, neighbours


class AggregatedAttention(OperatorModule):
    """Queries of [N, width, H, W] meet the keys of their window and of a pooled map, or (pool 1) all keys.

    The pooled map is adaptive: where the ratio does not divide a side its bins overlap. A window reaches no
    further than the image. Offsets are scaled by the side, so a smaller side has the same weights.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width, bias = place.inputs, any(config["qkv_bias"] for config in configs)
        heads, head_width = max(width // c["head_width"] for c in configs), max(c["head_width"] for c in configs)
        self.query = ElasticConv2d(width, width, bias=bias)
        self.key_value = ParallelConvs(width, (width, width), bias)
        self.embedding = ElasticTable((heads, 1, head_width), std=0.02)
        # softplus of it is 1 / 0.24 at first.
        self.temperature = ElasticTable((heads, 1, 1), fill=math.log(math.expm1(1 / 0.24)))
        self.position = OffsetBias(heads)
        aggregating = [config for config in configs if config["pool"] > 1]
        self.window = _Window(aggregating, heads, head_width) if aggregating else None
        self.pooled = _PooledMap(width) if aggregating else None
        self.project = ElasticConv2d(width, width)
        self.heads, self.pool = heads, configs[0]["pool"]

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.pool, self.heads = config["pool"], inputs // config["head_width"]
        self.query.configure(inputs, inputs, bias=config["qkv_bias"])
        self.key_value.configure(inputs, (inputs, inputs), config["qkv_bias"])
        self.embedding.configure(self.heads, 1, config["head_width"])
        self.temperature.configure(self.heads, 1, 1)
        self.position.configure(self.sides, self.pool, self.heads)
        if self.window is not None and self.pooled is not None and self.pool > 1:
            self.window.configure(self.sides, config["window"], self.heads, config["head_width"])
            self.pooled.configure(pooled_sides(self.sides, self.pool), inputs)
        self.project.configure(inputs, outputs)

    def prune(self) -> None:
        """Forget window and pooled map where all positions are keys; called on a frozen copy."""
        self.window = self.window if self.pool > 1 else None
        self.pooled = self.pooled if self.pool > 1 else None

    def forward(self, x: Tensor) -> Tensor:
        query = F.normalize(self._heads(self.query(x)), dim=-1)
        sharp = (query + self.embedding()) * F.softplus(self.temperature())
        if self.window is None or self.pooled is None or self.pool == 1:
            y = self._attend(sharp, x)
        else:
            y = self._aggregate(query, sharp, x, self.window, self.pooled(x))
        return self.project(y.transpose(2, 3).reshape(x.shape))

    def _heads(self, x: Tensor) -> Tensor:
        """Return a map [N, C, H, W] as [N, heads, H * W, C / heads]."""
        return x.flatten(2).unflatten(1, (self.heads, -1)).transpose(2, 3)

    def _attend(self, query: Tensor, x: Tensor) -> Tensor:
        """Attend to all positions; queries are scaled by the logarithm of their number."""
        query = query * math.log(self.sides[0] * self.sides[1])
        key, value = (self._heads(part) for part in self.key_value(x))
        bias = self.position()[None]
        return F.scaled_dot_product_attention(query, F.normalize(key, dim=-1), value, bias, scale=1.0)

    def _aggregate(self, query: Tensor, sharp: Tensor, x: Tensor, window: _Window, pooled: Tensor) -> Tensor:
        """Attend to window and pooled keys; ``query`` [N, heads, H * W, D] is normalised, ``sharp`` scaled."""
        sharp = sharp * (window.lengths() + pooled.shape[2] * pooled.shape[3]).log()
        key, near = self.key_value(x)
        key, near = F.normalize(key.unflatten(1, (self.heads, -1)), dim=2).flatten(1, 2), window.heads(near)
        far_key, far = (self._heads(part) for part in self.key_value(pooled))
        to_near = torch.einsum("nhld,nlhdt->nhlt", sharp, window.heads(key)) + window.bias()
        to_far = sharp @ F.normalize(far_key, dim=-1).transpose(2, 3) + self.position()
        weights = torch.cat((to_near.masked_fill(window.outside(), -math.inf), to_far), dim=-1).softmax(dim=-1)
        to_near, to_far = weights.split([near.shape[-1], far.shape[2]], dim=-1)
        return torch.einsum("nhlt,nlhdt->nhld", to_near + window.learned(query), near) + to_far @ far


class _Window(nn.Module):
    """What the k x k window of each position has of its own; smaller windows are the centre of larger ones."""

    def __init__(self, configs: Sequence[OpConfig], heads: int, head_width: int):
        super().__init__()
        self.count, self.side, self.inside = heads, max(config["window"] for config in configs), ""
        square = (self.side, self.side)
        self.offsets = ElasticTable((heads, *square), centred=2, std=0.0004)
        self.tokens = ElasticTable((heads, head_width, *square), centred=2, std=0.02)
        self.token_bias = ElasticTable((heads, *square), centred=2)

    def configure(self, sides: tuple[int, int], side: int, heads: int, head_width: int) -> None:
        """Choose the sides of the map, the side of the window and the heads."""
        self.count, self.side, self.inside = heads, side, f"inside_{sides[0]}_{sides[1]}_{side}"
        if self.inside not in self._buffers:
            mask = torch.tensor(inside(sides, side), device=self.tokens.weight.device)
            self.register_buffer(self.inside, mask, persistent=False)
        self.offsets.configure(heads, side, side)
        self.tokens.configure(heads, head_width, side, side)
        self.token_bias.configure(heads, side, side)

    def prune(self) -> None:
        """Forget the masks of other sides; called on a frozen copy."""
        self._buffers = {self.inside: self._buffers[self.inside]}

    def heads(self, x: Tensor) -> Tensor:
        """Return the windows of a map [N, C, H, W] as [N, H * W, heads, C / heads, taps]."""
        return neighbours(x, self.side).flatten(1, 2).unflatten(2, (self.count, -1))

    def outside(self) -> Tensor:
        """Return booleans [H * W, taps]: which neighbours are none."""
        return ~getattr(self, self.inside)

    def lengths(self) -> Tensor:
        """Return the number of neighbours [H * W, 1] of each position."""
        return getattr(self, self.inside).sum(-1, keepdim=True)

    def bias(self) -> Tensor:
        """Return the bias [heads, 1, taps] of each neighbour."""
        return self.offsets().flatten(1)[:, None]

    def learned(self, query: Tensor) -> Tensor:
        """Return weights [N, heads, H * W, taps] that follow from the query alone."""
        return query @ self.tokens().flatten(2) + self.token_bias().flatten(1)[:, None]


class _PooledMap(nn.Module):
    """1 x 1 convolution, GELU, mean over bins, LayerNorm."""

    def __init__(self, width: int):
        super().__init__()
        self.conv, self.norm = ElasticConv2d(width, width), ElasticLayerNorm(width, spatial=True, eps=1e-5)
        self.activation = nn.GELU()
        self.sides = (1, 1)

    def configure(self, sides: tuple[int, int], width: int) -> None:
        """Choose the sides of the pooled map and the channels."""
        self.conv.configure(width, width)
        self.norm.channels, self.sides = width, sides

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(F.adaptive_avg_pool2d(self.activation(self.conv(x)), self.sides))


MODULE = AggregatedAttention
