"""Multi-head self-attention over all positions (arXiv:1706.03762, 2210.13452, 2307.08579)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.deploy import merge
from supernet.elastic import ElasticConv2d, ElasticDepthwiseConv2d
from supernet.operators._module import OperatorModule, Place
from supernet.parallel import ParallelConvs


class Attention(OperatorModule):
    """Heads over [N, width, H, W], then a 1 x 1 projection. Fewer heads are the first ones."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.heads = _Heads(place.inputs, configs)
        inner = max(_inner(config, place.inputs) for config in configs)
        self.project = ElasticConv2d(inner, place.outputs, bias=any(config["bias"] for config in configs))

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.heads.configure(config, inputs)
        self.project.configure(_inner(config, inputs), outputs, bias=config["bias"])

    def forward(self, x: Tensor) -> Tensor:
        return self.project(self.heads(x))

    def merged(self) -> nn.Module:
        """Return the heads with one convolution for queries, keys and values, and the projection."""
        return nn.Sequential(*merge(self.heads), self.project)


class _Heads(nn.Module):
    """Softmax attention in every head, plus (where asked for) a depthwise convolution of the values."""

    def __init__(self, width: int, configs: Sequence[OpConfig]):
        super().__init__()
        inner, kernel = max(_inner(c, width) for c in configs), max(c["value_kernel"] for c in configs)
        self.qkv = ParallelConvs(width, (inner,) * 3, any(config["qkv_bias"] for config in configs))
        self.local = ElasticDepthwiseConv2d(inner, (kernel, kernel), bias=True) if kernel else None
        self.count, self.use_local = 1, kernel > 0

    def configure(self, config: OpConfig, width: int) -> None:
        """Choose the number of heads, their width and the kernel over the values."""
        inner, kernel = _inner(config, width), config["value_kernel"]
        self.count, self.use_local = inner // config["head_width"], kernel > 0
        self.qkv.configure(width, (inner,) * 3, config["qkv_bias"])
        if self.local is not None and kernel:
            self.local.configure(inner, (kernel, kernel))

    def prune(self) -> None:
        """Forget the convolution of the values where it is not active; called on a frozen copy."""
        self.local = self.local if self.use_local else None

    def forward(self, x: Tensor) -> Tensor:
        maps = self.qkv(x)
        query, key, value = (_to_heads(part, self.count) for part in maps)
        mixed = F.scaled_dot_product_attention(query, key, value)
        y = mixed.transpose(2, 3).flatten(1, 2).unflatten(2, x.shape[2:])
        return y + self.local(maps[2]) if self.use_local and self.local is not None else y


def _inner(config: OpConfig, width: int) -> int:
    """Return the channels of all heads together."""
    return (config["heads"] or width // config["head_width"]) * config["head_width"]


def _to_heads(x: Tensor, heads: int) -> Tensor:
    """Return a map [N, heads * C, H, W] as [N, heads, H * W, C]: a view of a channels-last map."""
    return x.flatten(2).unflatten(1, (heads, -1)).transpose(2, 3)


MODULE = Attention
