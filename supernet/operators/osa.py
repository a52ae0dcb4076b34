"""One-shot aggregation (arXiv:1904.09730)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.concatenation import ElasticConcatConv2d
from supernet.deploy import fuse, merge
from supernet.elastic import ElasticBatchNorm2d
from supernet.operators._conv_block import whole
from supernet.operators._conv_layer import ConvLayer, Layer, along
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations


class OneShotAggregation(OperatorModule):
    """conv1x1(cat(x, c1, c2, ...)), c1 = conv(x), c2 = conv(c1), ...; a shorter chain is the start of the longest.

    [N, inputs, S, S] to [N, outputs, S', S']; at a stride, x is first max-pooled (3 x 3 windows without padding, the
    last one may hang over the edge).
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        window, step = along(3, place.sequence), along(place.stride, place.sequence)
        self.pool = nn.MaxPool2d(window, step, ceil_mode=True) if place.stride > 1 else nn.Identity()
        self.stride = place.stride
        chains = [_chain(config, place.inputs, place.outputs) for config in configs]
        depth = max(map(len, chains))
        at = [[chain[i] for chain in chains if i < len(chain)] for i in range(depth)]
        self.chain = nn.ModuleList(ConvLayer(layers, place.sequence) for layers in at)
        most = [max(layer.outputs for layer in layers) for layers in at]
        self.aggregate: Any = ElasticConcatConv2d([place.inputs, *most], place.outputs)
        self.norm: Any = ElasticBatchNorm2d(place.outputs)
        self.activation = activations(configs)
        self.depth, self.adds = depth, False

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        chain = _chain(config, inputs, outputs)
        self.depth = len(chain)
        for conv, layer in zip(self.chain, chain, strict=False):
            cast(ConvLayer, conv).configure(layer)
        self.aggregate.choose([inputs, *(layer.outputs for layer in chain)], outputs)
        self.norm.channels = outputs
        self.activation.configure(config["activation"])
        self.adds = config["shortcut"] and self.stride == 1 and inputs == outputs

    def prune(self) -> None:
        """Forget the end of the chain that is not active; called on a copy to be frozen."""
        self.chain = nn.ModuleList(list(self.chain)[: self.depth])

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(x)
        maps = [x]
        for conv in list(self.chain)[: self.depth]:
            maps.append(conv(maps[-1]))
        y = self.activation(self.norm(self.aggregate(torch.cat(maps, 1))))
        return y + x if self.adds else y

    def merged(self) -> nn.Module:
        """Return the block with every BatchNorm folded into the convolution before it."""
        self.chain = nn.ModuleList(nn.Sequential(*merge(conv)) for conv in self.chain)
        self.aggregate, self.norm = fuse(self.aggregate, self.norm), nn.Identity()
        return self


def _chain(config: OpConfig, inputs: int, outputs: int) -> list[Layer]:
    """Return the layers of the chain: all of one width, the first from the channels that enter."""
    width, kernel, activation = whole(outputs * config["ratio"]), config["kernel"], config["activation"]
    entering = [inputs, *[width] * (config["convolutions"] - 1)]
    return [Layer(channels, width, kernel, activation=activation) for channels in entering]


MODULE = OneShotAggregation
