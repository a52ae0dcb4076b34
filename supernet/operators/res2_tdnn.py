"""Time-delay block with a cascade over parts of the channels (arXiv:2103.13581, 2005.07143)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.operators._attention import Attention, SqueezeExcite
from supernet.operators._module import OperatorModule, Place
from supernet.operators._time_delay import TimeDelayLayer


class Res2TimeDelay(OperatorModule):
    """x + SE(last(cascade(first(x)))) on [N, width, 1, T].

    Part i of the channels is every channel c with c % parts == i, so that a narrower cascade is a prefix of the
    channels and of each part. The cascade: y0 = conv0(x0), yi = convi(xi + y(i-1)); the last part is passed on
    (unless it is the only one).
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width, kernel = place.inputs, max(config["kernel"] for config in configs)
        parts = [_convolved(config) for config in configs]
        sizes = [_size(config, width) for config in configs]
        inner = max(size * config["parts"] for size, config in zip(sizes, configs, strict=True))
        self.first = TimeDelayLayer(width, inner, configs)
        self.cascade = nn.ModuleList(
            TimeDelayLayer(size, size, configs, kernel=kernel, sequence=place.sequence)
            for i in range(max(parts))
            for size in [max(size for size, count in zip(sizes, parts, strict=True) if i < count)]
        )
        self.last = TimeDelayLayer(inner, width, configs)
        self.attention = SqueezeExcite(width, [_attention(config, width) for config in configs])
        self.parts, self.convolved = configs[0]["parts"], parts[0]

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        size = _size(config, inputs)
        self.parts, self.convolved = config["parts"], _convolved(config)
        self.first.configure(config, inputs, size * self.parts)
        for layer in list(self.cascade)[: self.convolved]:
            cast(TimeDelayLayer, layer).configure(config, size, size, config["kernel"], config["dilation"])
        self.last.configure(config, size * self.parts, outputs)
        self.attention.configure(_attention(config, outputs), outputs)

    def prune(self) -> None:
        """Forget the convolutions that are not active; called on a copy to be frozen."""
        self.cascade = nn.ModuleList(list(self.cascade)[: self.convolved])

    def forward(self, x: Tensor) -> Tensor:
        parts = self.first(x).unflatten(1, (-1, self.parts)).unbind(2)
        done: list[Tensor] = []
        for layer, part in zip(self.cascade, parts[: self.convolved], strict=False):
            done.append(layer(part + done[-1] if done else part))
        y = torch.stack([*done, *parts[self.convolved :]], 2).flatten(1, 2)
        return x + self.attention(self.last(y))


def _convolved(config: OpConfig) -> int:
    """Return how many parts have a convolution."""
    return max(1, config["parts"] - 1)


def _size(config: OpConfig, width: int) -> int:
    """Return the channels of one part."""
    return max(1, round(width * config["ratio"] / config["parts"]))


def _attention(config: OpConfig, width: int) -> Attention:
    return Attention("se", max(1, width // config["reduction"]))


MODULE = Res2TimeDelay
