"""Convolutions with a norm and an activation, as stems, downsampling and parts of mixers use them."""

from __future__ import annotations

from torch import Tensor, nn

from supernet.deploy import fold_norms, merge
from supernet.elastic import ElasticConv2d, ElasticDepthwiseConv2d, Pair
from supernet.parts import ACTIVATIONS, make_norm, set_channels


class ConvNorm(nn.Module):
    """(norm,) convolution, (norm,) (activation): elastic in input and output channels.

    With ``norm_last`` the norm stands after the activation.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int | Pair = 3,
        stride: int | Pair = 1,
        *,
        before: str = "none",
        norm: str = "none",
        activation: str = "none",
        bias: bool = True,
        norm_bias: bool = True,
        padding: int | Pair | None = None,
        groups: int = 1,
        norm_last: bool = False,
    ):
        super().__init__()
        self.before = make_norm(before, inputs, norm_bias)
        self.conv = ElasticConv2d(inputs, outputs, kernel, stride, bias, padding=padding, groups=groups)
        self.norm = make_norm(norm, outputs, norm_bias)
        self.activation = ACTIVATIONS[activation]()
        self.norm_last = norm_last

    def configure(self, inputs: int, outputs: int, groups: int | None = None) -> None:
        """Choose the active input and output channels and, where given, the number of groups."""
        self.conv.configure(inputs, outputs, groups=groups)
        set_channels(self.before, inputs)
        set_channels(self.norm, outputs)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self._layers():
            x = layer(x)
        return x

    def _layers(self) -> tuple[nn.Module, ...]:
        """Return the layers in their order."""
        after = (self.activation, self.norm) if self.norm_last else (self.norm, self.activation)
        return self.before, self.conv, *after

    def merged(self) -> nn.Module:
        """Return the layers with a BatchNorm right after the convolution folded into it."""
        return nn.Sequential(*fold_norms([layer for part in self._layers() for layer in merge(part)]))


class DepthwiseNorm(nn.Module):
    """Depthwise convolution, norm, activation: elastic in channels and kernel."""

    def __init__(
        self, channels: int, kernel: int, *, norm: str = "batch_norm", activation: str = "none", bias: bool = True
    ):
        super().__init__()
        self.conv = ElasticDepthwiseConv2d(channels, (kernel, kernel), bias)
        self.norm = make_norm(norm, channels)
        self.activation = ACTIVATIONS[activation]()

    def configure(self, channels: int, kernel: int) -> None:
        """Choose the active channels and the side of the kernel."""
        self.conv.configure(channels, (kernel, kernel))
        set_channels(self.norm, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.norm(self.conv(x)))

    def merged(self) -> nn.Module:
        """Return the layers with a BatchNorm folded into the convolution."""
        return nn.Sequential(*fold_norms([*merge(self.conv), *merge(self.norm), *merge(self.activation)]))
