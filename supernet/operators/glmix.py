"""Convolution on the map in parallel with attention between slots (arXiv:2411.14429)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from search_spaces import OpConfig
from search_spaces.architecture import op_config
from supernet.elastic import ElasticConv2d, ElasticDepthwiseConv2d
from supernet.operators._module import OperatorModule, Place
from supernet.operators.attention import Attention


class GLMix(OperatorModule):
    """Sum of a local branch on [N, width, H, W] and of slots that exchange what positions gave them.

    A slot starts as the mean over one bin of a square grid (of a row in a network over sequences), and gathers the
    positions that are most alike (softmax over positions of scaled cosines); after attention between the slots,
    every position takes the slots most alike (softmax over slots). The authors start them from the input of the
    block, before its position convolution and norm; here they start from the mixer's own input.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.grid = (1, 1)
        self.scale = nn.Parameter(torch.tensor(place.inputs**-0.5))
        self.exchange = Attention(place, [_attention(config) for config in configs])
        self.local = _Local(place.inputs, max(config["kernel"] for config in configs))

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        side = math.isqrt(config["slots"])
        self.grid = (1, side * side) if self.sequence else (side, side)
        self.exchange.configure(_attention(config), inputs, outputs)
        self.local.configure(inputs, config["kernel"])

    def forward(self, x: Tensor) -> Tensor:
        positions = x.flatten(2)  # [N, C, L]
        slots = F.normalize(F.adaptive_avg_pool2d(x, self.grid).flatten(2), dim=1)  # [N, C, slots]
        alike = self.scale * (slots.transpose(1, 2) @ F.normalize(positions, dim=1))  # [N, slots, L]
        gathered = positions @ alike.softmax(dim=2).transpose(1, 2)
        slots = self.exchange(gathered.unflatten(2, self.grid)).flatten(2)
        return (slots @ alike.softmax(dim=1)).view_as(x) + self.local(x)


class _Local(nn.Module):
    """1 x 1, depthwise k x k, 1 x 1."""

    def __init__(self, width: int, kernel: int):
        super().__init__()
        self.enter, self.leave = ElasticConv2d(width, width), ElasticConv2d(width, width)
        self.depthwise = ElasticDepthwiseConv2d(width, (kernel, kernel), bias=True)

    def configure(self, width: int, kernel: int) -> None:
        self.enter.configure(width, width)
        self.depthwise.configure(width, (kernel, kernel))
        self.leave.configure(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.leave(self.depthwise(self.enter(x)))


def _attention(config: OpConfig) -> OpConfig:
    """Return the attention between the slots."""
    words = {"op": "attention", "head_width": config["head_width"], "qkv_bias": True, "bias": True}
    return op_config("mixer", words, "glmix")


MODULE = GLMix
