"""What attention mixers have in common: heads over queries, keys and values, relative bias, projection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.deploy import merge
from supernet.elastic import ElasticConv2d
from supernet.operators._module import OperatorModule, Place
from supernet.parallel import ParallelConvs
from supernet.table import ElasticTable


class HeadMixer(OperatorModule):
    """[N, width, H, W] to the same shape: attention in heads and a projection. Fewer heads are the first ones."""

    heads: type[Heads]

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.attend = self.heads(place.inputs, configs)
        self.project = ElasticConv2d(max(_inner(config, place.inputs) for config in configs), place.outputs)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.attend.configure(config, inputs)
        self.project.configure(_inner(config, inputs), outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.project(self.attend(x))

    def merged(self) -> nn.Module:
        """Return attention with one convolution for queries, keys and values, and the projection."""
        return nn.Sequential(*merge(self.attend), self.project)


class Heads(nn.Module):
    """Attention without its projection. A subclass says in ``forward`` which keys each query meets."""

    def __init__(self, width: int, configs: Sequence[OpConfig]):
        super().__init__()
        self.inner = max(_inner(config, width) for config in configs)
        self.qkv = ParallelConvs(width, (self.inner,) * 3, any(config["qkv_bias"] for config in configs))
        self.count = 1

    def configure(self, config: OpConfig, width: int) -> None:
        """Choose the heads and the active channels."""
        self.inner = _inner(config, width)
        self.count = self.inner // config["head_width"]
        self.qkv.configure(width, (self.inner,) * 3, config["qkv_bias"])


class BiasedHeads(Heads):
    """Heads that may have a relative bias for offsets smaller than the parameter called ``side``."""

    side: str

    def __init__(self, width: int, configs: Sequence[OpConfig]):
        super().__init__(width, configs)
        biased = [config for config in configs if config["relative_bias"]]
        self.bias: Any = None
        self.use_bias = bool(biased)
        if biased:
            heads = max(_inner(config, width) // config["head_width"] for config in biased)
            offsets = 2 * max(config[self.side] for config in biased) - 1
            self.bias = ElasticTable((heads, offsets, offsets), centred=2, std=0.02)

    def configure(self, config: OpConfig, width: int) -> None:
        super().configure(config, width)
        self.use_bias = config["relative_bias"]
        if self.use_bias:
            offsets = 2 * config[self.side] - 1
            self.bias.configure(self.count, offsets, offsets)

    def prune(self) -> None:
        """Forget the bias where it is not active; called on a frozen copy."""
        self.bias = self.bias if self.use_bias else None

    def bias_of(self, rows: Tensor, columns: Tensor) -> Tensor:
        """Return the bias [heads, *shape] of the offsets key - query along both axes, integers of equal shape."""
        table = self.bias()
        zero = table.shape[-1] // 2
        return table[:, rows + zero, columns + zero]


def _inner(config: OpConfig, width: int) -> int:
    """Return the channels of all heads together."""
    return width // config["head_width"] * config["head_width"]


def attend(query: Tensor, key: Tensor, value: Tensor, heads: int, mask: Tensor | None = None) -> Tensor:
    """Return the attention of queries [B, L, C] to keys and values [B, S, C], over heads of C / heads channels.

    ``mask`` broadcasts to [B, heads, L, S]: numbers are added to the products, False takes a key away.
    """
    query, key, value = (t.unflatten(-1, (heads, -1)).transpose(1, 2) for t in (query, key, value))
    return F.scaled_dot_product_attention(query, key, value, mask).transpose(1, 2).flatten(2)
