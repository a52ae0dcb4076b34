"""Inverted residual with the norm before it (arXiv:2204.01697)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.deploy import Residual, fold_norms, merge
from supernet.elastic import ElasticBatchNorm2d, ElasticConv2d
from supernet.operators._attention import Attention, SqueezeExcite
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations
from supernet.same import SamePad


class MaxVitMBConv(OperatorModule):
    """[N, inputs, S, S] to [N, outputs, S', S'] with its own shortcut.

    Hidden and excited channels follow from the channels that leave. At a stride it is padded like TensorFlow's SAME.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        hidden = max(_hidden(config, place.outputs) for config in configs)
        self.norm = ElasticBatchNorm2d(place.inputs)
        self.expand = ElasticConv2d(place.inputs, hidden, bias=False)
        self.expanded = _NormActivation(hidden, configs)
        self.pad = SamePad(1, place.stride) if place.stride > 1 else nn.Identity()
        self.depthwise = _depthwise(hidden, max(config["kernel"] for config in configs), place.stride)
        self.filtered = _NormActivation(hidden, configs)
        self.gate = SqueezeExcite(hidden, [_attention(config, place.outputs) for config in configs])
        self.project = ElasticConv2d(hidden, place.outputs)
        self.shortcut = _Shortcut(place)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        hidden, kernel = _hidden(config, outputs), config["kernel"]
        self.norm.channels = inputs
        self.expand.configure(inputs, hidden)
        self.depthwise.configure(hidden, hidden, kernel, groups=hidden)
        if isinstance(self.pad, SamePad):
            self.pad.kernel = kernel
        for layer in (self.expanded, self.filtered):
            layer.configure(config["activation"], hidden)
        self.gate.configure(_attention(config, outputs), hidden)
        self.project.configure(hidden, outputs)
        self.shortcut.configure(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        y = self.expanded(self.expand(self.norm(x)))
        y = self.filtered(self.depthwise(self.pad(y)))
        return self.shortcut(x) + self.project(self.gate(y))

    def merged(self) -> nn.Module:
        """Return the layers with every BatchNorm in a convolution: the first one in the one after it."""
        parts = (self.expand, self.expanded, self.pad, self.depthwise, self.filtered, self.gate, self.project)
        layers = fold_norms([layer for part in parts for layer in merge(part)])
        layers[0] = _absorb(self.norm, layers[0])
        shortcut = merge(self.shortcut)
        return Residual(nn.Sequential(*shortcut) if shortcut else None, *layers)


class _NormActivation(nn.Module):
    """BatchNorm and an activation."""

    def __init__(self, channels: int, configs: Sequence[OpConfig]):
        super().__init__()
        self.norm = ElasticBatchNorm2d(channels)
        self.activation = activations(configs)

    def configure(self, activation: str, channels: int) -> None:
        self.norm.channels = channels
        self.activation.configure(activation)

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.norm(x))

    def merged(self) -> nn.Module:
        return nn.Sequential(self.norm, self.activation)


class _Shortcut(nn.Module):
    """Average pooling at the stride (over what is left, at the border) and a convolution to other channels."""

    def __init__(self, place: Place):
        super().__init__()
        self.pool: nn.Module = nn.Identity()
        if place.stride > 1:
            self.pool = nn.AvgPool2d(place.stride, ceil_mode=True, count_include_pad=False)
        self.widen: Any = ElasticConv2d(place.inputs, place.outputs) if place.reshapes else None
        self.widens = False

    def configure(self, inputs: int, outputs: int) -> None:
        self.widens = inputs != outputs
        if self.widens:
            self.widen.configure(inputs, outputs)

    def prune(self) -> None:
        """Forget the convolution where the channels stay; called on a frozen copy."""
        self.widen = self.widen if self.widens else None

    def forward(self, x: Tensor) -> Tensor:
        return self.widen(self.pool(x)) if self.widens else self.pool(x)

    def merged(self) -> nn.Module:
        return nn.Sequential(self.pool, *([self.widen] if self.widens else []))


def _attention(config: OpConfig, outputs: int) -> Attention:
    return Attention("se", outputs // config["reduction"], activation="silu")


def _hidden(config: OpConfig, outputs: int) -> int:
    return int(outputs * config["expansion"])


def _depthwise(channels: int, kernel: int, stride: int) -> ElasticConv2d:
    """Return a depthwise convolution that pads itself only where that is symmetric."""
    padding = None if stride == 1 else 0
    return ElasticConv2d(channels, channels, kernel, stride, bias=False, groups=channels, padding=padding)


def _absorb(norm: Any, conv: Any) -> nn.Module:
    """Return a 1 x 1 convolution equal to a frozen BatchNorm and the 1 x 1 convolution with a bias after it."""
    factor = norm.weight / (norm.running_var + norm.eps).sqrt()
    with torch.no_grad():
        conv.bias.add_(conv.weight[:, :, 0, 0] @ (norm.bias - factor * norm.running_mean))
        conv.weight.mul_(factor.view(1, -1, 1, 1))
    return conv


MODULE = MaxVitMBConv
