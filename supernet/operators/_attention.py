"""Attention over channels inside a block: squeeze-and-excitation, efficient channel attention, or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn

from supernet.elastic import ElasticConv1d
from supernet.operators._conv_layer import ConvLayer, Layer
from supernet.parts import Switch


class Attention(NamedTuple):
    """What a configuration asks for: ``kind`` is none, se (with ``hidden`` channels) or eca (with ``kernel``)."""

    kind: str = "none"
    hidden: int = 1
    kernel: int = 1
    activation: str = "relu"
    norm: str = "none"


def excited(x: Tensor, squeeze: Callable[[Tensor], Tensor], excite: Callable[[Tensor], Tensor]) -> Tensor:
    """Weight each channel of [N, C, H, W] by a two-layer function of all channel means (arXiv:1709.01507)."""
    return x * excite(squeeze(x.mean((2, 3), keepdim=True))).sigmoid()


def excited_by_neighbours(x: Tensor, conv: Callable[[Tensor], Tensor]) -> Tensor:
    """Weight each channel of [N, C, H, W] by a convolution over the means of its neighbours (arXiv:1910.03151)."""
    weights = conv(x.mean((2, 3)).unsqueeze(1)).sigmoid()
    return x * weights.transpose(1, 2).unsqueeze(-1)


class SqueezeExcite(nn.Module):
    """Squeeze-and-excitation with a choice of hidden channels, activation and norm."""

    def __init__(self, channels: int, attentions: Sequence[Attention]):
        super().__init__()
        self.squeeze = ConvLayer([_squeeze(a, channels) for a in attentions])
        self.excite = ConvLayer([_excite(a, channels) for a in attentions])

    def configure(self, attention: Attention, channels: int) -> None:
        """Choose the hidden channels, their activation and norm, and the active channels."""
        self.squeeze.configure(_squeeze(attention, channels))
        self.excite.configure(_excite(attention, channels))

    def forward(self, x: Tensor) -> Tensor:
        return excited(x, self.squeeze, self.excite)


class NeighbourAttention(nn.Module):
    """Efficient channel attention with a choice of taps."""

    def __init__(self, channels: int, attentions: Sequence[Attention]):
        super().__init__()
        self.conv = ElasticConv1d(max(a.kernel for a in attentions))

    def configure(self, attention: Attention, channels: int) -> None:
        """Choose the taps."""
        self.conv.kernel = attention.kernel

    def forward(self, x: Tensor) -> Tensor:
        return excited_by_neighbours(x, self.conv)


_KINDS: dict[str, Any] = {"se": SqueezeExcite, "eca": NeighbourAttention}


class ChannelAttention(Switch):
    """One of the attentions that the configurations of a block ask for."""

    def __init__(self, channels: int, attentions: Sequence[Attention]):
        found: dict[str, list[Attention]] = {}
        for attention in attentions:
            found.setdefault(attention.kind, []).append(attention)
        super().__init__(
            {kind: _KINDS[kind](channels, some) if kind in _KINDS else nn.Identity() for kind, some in found.items()}
        )

    def choose(self, attention: Attention, channels: int) -> None:
        """Choose the attention and the active channels."""
        self.configure(attention.kind)
        if attention.kind in _KINDS:
            active: Any = self.operators[attention.kind]
            active.configure(attention, channels)


def _squeeze(attention: Attention, channels: int) -> Layer:
    return Layer(channels, attention.hidden, activation=attention.activation, norm=attention.norm)


def _excite(attention: Attention, channels: int) -> Layer:
    return Layer(attention.hidden, channels, norm=attention.norm)
