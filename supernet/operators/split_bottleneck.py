"""Reduce, split attention, expand (ResNeSt, arXiv:2004.08955)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.deploy import Residual, is_empty, merge
from supernet.operators._conv_block import whole
from supernet.operators._conv_layer import ConvLayer, Layer, along
from supernet.operators._module import OperatorModule, Place
from supernet.operators._shortcut import Shortcut
from supernet.operators._split_attention import SplitAttentionLayer, Splits
from supernet.parts import activations


class SplitBottleneck(OperatorModule):
    """closing(shortcut(x) + expand(attention(reduce(x)))), [N, inputs, S, S] to [N, outputs, S', S'].

    At a stride 3 x 3 average pooling (zeros of the padding counted, as published) stands before or after the
    attention.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        asked = [_splits(config, place.outputs) for config in configs]
        self.reduce = ConvLayer([_reduce(splits, place.inputs) for splits in asked], place.sequence)
        self.attention = SplitAttentionLayer(asked, place.sequence)
        self.expand = ConvLayer([Layer(splits.width, place.outputs) for splits in asked], place.sequence)
        self.pool = _pool(place)
        self.shortcut = Shortcut(place, [config["shortcut"] for config in configs])
        self.closing = activations(configs, "closing")
        self.pool_first, self.adds = False, False

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        splits = _splits(config, outputs)
        self.reduce.configure(_reduce(splits, inputs))
        self.attention.configure(splits)
        self.expand.configure(Layer(splits.width, outputs))
        self.pool_first = config["pool_first"]
        self.adds = self.shortcut.choose(config["shortcut"], inputs, outputs)
        self.closing.configure(config["closing"])

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for layer in self._layers():
            y = layer(y)
        return self.closing(y + self.shortcut(x) if self.adds else y)

    def _layers(self) -> tuple[nn.Module, ...]:
        """Return the layers beside the shortcut in their order."""
        middle = (self.pool, self.attention) if self.pool_first else (self.attention, self.pool)
        return self.reduce, *middle, self.expand

    def merged(self) -> nn.Module:
        """Return the layers with BatchNorm folded, inside a residual where there is a shortcut."""
        layers = [layer for part in self._layers() for layer in merge(part)]
        if self.adds:
            same = is_empty(self.shortcut)
            layers = [Residual(None if same else nn.Sequential(*merge(self.shortcut)), *layers)]
        return nn.Sequential(*layers, *merge(self.closing))


def _splits(config: OpConfig, outputs: int) -> Splits:
    return Splits.of(config, whole(outputs * config["ratio"]), config["activation"])


def _reduce(splits: Splits, inputs: int) -> Layer:
    return Layer(inputs, splits.width, activation=splits.activation)


def _pool(place: Place) -> nn.Module:
    """Return average pooling at the place's stride, which keeps maps where it is 1."""
    if place.stride == 1:
        return nn.Identity()
    window, step = along(3, place.sequence), along(place.stride, place.sequence)
    return nn.AvgPool2d(window, step, (window[0] // 2, window[1] // 2))


MODULE = SplitBottleneck
