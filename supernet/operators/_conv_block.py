"""What blocks of convolutions have in common: layers in a row, attention over channels, shortcut, activation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, cast

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.deploy import Residual, is_empty, merge
from supernet.operators._attention import Attention, ChannelAttention
from supernet.operators._conv_layer import ConvLayer, Layer
from supernet.operators._module import OperatorModule, Place
from supernet.operators._shortcut import PROJECTIONS, Shortcut
from supernet.parts import activations

Layers = dict[str, Layer]  # by name, in the order in which they run


class ConvBlock(OperatorModule):
    """closing(shortcut(x) + layers(x)), the attention after the layer called ``attended``.

    [N, inputs, S, S] to [N, outputs, S', S']. A subclass says what a configuration consists of; layers of one name
    share their weights.
    """

    attended: str

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.stride = place.stride
        rows = [self.layers(config, place.inputs, place.outputs) for config in configs]
        names = dict.fromkeys(name for row in rows for name in row)
        self.convs = nn.ModuleDict(
            {name: ConvLayer([row[name] for row in rows if name in row], place.sequence) for name in names}
        )
        attentions = [self.attention_of(config, place.inputs, place.outputs) for config in configs]
        self.attention = ChannelAttention(max(row[self.attended].outputs for row in rows), attentions)
        self.shortcut = Shortcut(place, [config["shortcut"] for config in configs])
        self.closing = activations(configs, "closing")
        self.active, self.adds = tuple(rows[0]), False
        if all(config["shortcut"] in PROJECTIONS for config in configs):
            self._start_at_zero(self.active[-1])

    @abstractmethod
    def layers(self, config: OpConfig, inputs: int, outputs: int) -> Layers:
        """Return the layers of a configuration between these channels."""

    @abstractmethod
    def attention_of(self, config: OpConfig, inputs: int, outputs: int) -> Attention:
        """Return the attention of a configuration."""

    def _start_at_zero(self, name: str) -> None:
        """Start a block that always has a shortcut as that shortcut (Goyal et al., arXiv:1706.02677)."""
        for norm in cast(Any, self.convs[name]).norm.operators.values():
            nn.init.zeros_(norm.weight)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        row = self.layers(config, inputs, outputs)
        self.active = tuple(row)
        for name, layer in row.items():
            cast(ConvLayer, self.convs[name]).configure(layer)
        self.attention.choose(self.attention_of(config, inputs, outputs), row[self.attended].outputs)
        self.adds = self.shortcut.choose(config["shortcut"], inputs, outputs)
        self.closing.configure(config["closing"])

    def prune(self) -> None:
        """Forget the layers of other configurations; called on a copy to be frozen."""
        self.convs = nn.ModuleDict({name: self.convs[name] for name in self.active})

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for name in self.active:
            y = self.convs[name](y)
            if name == self.attended:
                y = self.attention(y)
        return self.closing(y + self.shortcut(x) if self.adds else y)

    def merged(self) -> nn.Module:
        """Return the layers with BatchNorm folded, inside a residual where there is a shortcut."""
        layers: list[nn.Module] = []
        for name in self.active:
            layers += merge(self.convs[name])
            if name == self.attended:
                layers += merge(self.attention)
        if self.adds:
            same = is_empty(self.shortcut)
            layers = [Residual(None if same else nn.Sequential(*merge(self.shortcut)), *layers)]
        return nn.Sequential(*layers, *merge(self.closing))


class MobileBlock(ConvBlock):
    """A block of mobile networks: its excitation is as wide as the channels that enter ask."""

    def attention_of(self, config: OpConfig, inputs: int, outputs: int) -> Attention:
        if not config["se"]:
            return Attention()
        hidden = whole(inputs * config["se"])
        return Attention("se", hidden, activation=config["activation"], norm=config["se_norm"])


class ResidualBlock(ConvBlock):
    """A block of residual networks: the gate stands after its last convolution."""

    def attention_of(self, config: OpConfig, inputs: int, outputs: int) -> Attention:
        return Attention(config["gate"], max(1, outputs // config["reduction"]), config["gate_kernel"])


def whole(channels: float) -> int:
    """Return the nearest number of channels, at least one."""
    return max(1, round(channels))
