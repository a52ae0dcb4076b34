"""Focal modulation (arXiv:2203.11926)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.elastic import ElasticConv2d, ElasticDepthwiseConv2d
from supernet.operators._module import OperatorModule, Place
from supernet.segments import SegmentedConv2d


class FocalModulation(OperatorModule):
    """project(query * mix(sum of contexts, each times its gate)).

    One 1 x 1 convolution gives query [C], context [C] and the gates: that of the global mean first, then one a
    level. Level l convolves the context of the level before with a kernel of window + 2 l. Fewer levels are the
    first ones; smaller windows are the centres of the kernels.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width, levels = place.inputs, max(config["levels"] for config in configs)
        window = max(config["window"] for config in configs)
        self.expand = SegmentedConv2d(width, (width, width, 1 + levels))
        reaches = [window + 2 * level for level in range(levels)]
        self.contexts = nn.ModuleList(ElasticDepthwiseConv2d(width, (reach, reach)) for reach in reaches)
        self.mix = ElasticConv2d(width, width)
        self.project = ElasticConv2d(width, width)
        self.parts = (width, width, 1 + levels)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.parts = (inputs, inputs, 1 + config["levels"])
        self.expand.choose(inputs, self.parts)
        for level, context in enumerate(list(self.contexts)[: config["levels"]]):
            conv: Any = context
            conv.configure(inputs, (config["window"] + 2 * level,) * 2)
        self.mix.configure(inputs, inputs)
        self.project.configure(inputs, outputs)

    def prune(self) -> None:
        """Forget the levels that are not active; called on a frozen copy."""
        self.contexts = self.contexts[: self.parts[2] - 1]

    def forward(self, x: Tensor) -> Tensor:
        query, context, gates = torch.split(self.expand(x), list(self.parts), dim=1)
        gate, *others = gates.split(1, dim=1)
        total = torch.zeros_like(query)
        for conv, weight in zip(self.contexts, others, strict=False):
            context = F.gelu(conv(context))
            total = total + context * weight
        total = total + F.gelu(context.mean((2, 3), keepdim=True)) * gate
        return self.project(query * self.mix(total))


MODULE = FocalModulation
