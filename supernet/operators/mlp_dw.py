"""MLP with a depthwise convolution (arXiv:2106.13797, 2307.08579)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.deploy import Residual, fold_norms, merge
from supernet.elastic import ElasticConv2d, ElasticDepthwiseConv2d
from supernet.operators._hidden import HiddenChannels, hidden_channels
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations, norms


class LocalMLP(OperatorModule):
    """Expand, normalise, activate, convolve each hidden channel, activate, project, normalise."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width, bias = place.inputs, any(config["bias"] for config in configs)
        hidden = max(int(width * config["expansion"]) for config in configs)
        self.expand = ElasticConv2d(width, hidden, bias=bias)
        self.expand_norm = norms(configs, "norm", hidden)
        self.first_activation = activations(configs, "first_activation")
        self.local = _LocalConv(hidden, configs)
        self.activation = activations(configs)
        self.project = ElasticConv2d(hidden, width, bias=bias)
        self.norm = norms(configs, "norm", width, zero=True)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        hidden, bias = int(inputs * config["expansion"]), config["bias"]
        self.expand.configure(inputs, hidden, bias=bias)
        self.expand_norm.configure(config["norm"], hidden)
        self.first_activation.configure(config["first_activation"])
        self.local.configure(config, hidden)
        self.activation.configure(config["activation"])
        self.project.configure(hidden, outputs, bias=bias)
        self.norm.configure(config["norm"], outputs)

    def _layers(self) -> list[nn.Module]:
        before = [self.expand, self.expand_norm, self.first_activation]
        return [*before, self.local, self.activation, self.project, self.norm]

    def forward(self, x: Tensor) -> Tensor:
        for layer in self._layers():
            x = layer(x)
        return x

    def hidden_channels(self) -> HiddenChannels:
        return hidden_channels(self.project, self.expand, self.expand_norm, self.local)

    def merged(self) -> nn.Module:
        """Return the layers with every BatchNorm folded and the shortcut as a tap of the depthwise kernel."""
        return nn.Sequential(*fold_norms([inner for layer in self._layers() for inner in merge(layer)]))


class _LocalConv(nn.Module):
    """norm(depthwise(x)), plus x where there is a shortcut."""

    def __init__(self, channels: int, configs: Sequence[OpConfig]):
        super().__init__()
        kernel = max(config["kernel"] for config in configs)
        self.conv = ElasticDepthwiseConv2d(channels, (kernel, kernel), any(config["bias"] for config in configs))
        self.norm = norms(configs, "norm", channels)
        self.shortcut = False

    def configure(self, config: OpConfig, channels: int) -> None:
        """Choose the active channels, the taps, the norm and the shortcut."""
        self.conv.configure(channels, (config["kernel"],) * 2, bias=config["bias"])
        self.norm.configure(config["norm"], channels)
        self.shortcut = config["shortcut"]

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.conv(x))
        return x + y if self.shortcut else y

    def merged(self) -> nn.Module:
        """Return one convolution, where the norm folds; the shortcut is one more at the centre of its kernels."""
        layers = fold_norms([*merge(self.conv), *merge(self.norm)])
        if not self.shortcut:
            return nn.Sequential(*layers)
        if len(layers) > 1:
            return Residual(None, *layers)
        conv: Any = layers[0]
        with torch.no_grad():
            conv.weight[:, :, conv.kernel_size[0] // 2, conv.kernel_size[1] // 2] += 1
        return conv


MODULE = LocalMLP
