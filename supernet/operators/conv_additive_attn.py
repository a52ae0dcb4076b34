"""Convolutional additive self-attention (arXiv:2408.03703)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.convnorm import DepthwiseNorm
from supernet.deploy import merge
from supernet.elastic import ElasticConv2d, ElasticDepthwiseConv2d
from supernet.operators._module import OperatorModule, Place
from supernet.parallel import ParallelConvs


class ConvAdditiveAttention(OperatorModule):
    """[N, width, H, W]: depthwise(depthwise(gated query + gated key) * value)."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        kernel = max(config["kernel"] for config in configs)
        self.mixed = _Mixed(place.inputs, kernel, any(config["qkv_bias"] for config in configs))
        self.project = ElasticDepthwiseConv2d(place.inputs, (kernel, kernel), bias=True)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.mixed.configure(inputs, config["kernel"], config["qkv_bias"])
        self.project.configure(outputs, (config["kernel"],) * 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.project(self.mixed(x))

    def merged(self) -> nn.Module:
        """Return the attention with its 1 x 1 convolutions joined and BatchNorm folded, and the last convolution."""
        return nn.Sequential(*merge(self.mixed), self.project)


class _Mixed(nn.Module):
    """depthwise(gated query + gated key) * value."""

    def __init__(self, width: int, kernel: int, bias: bool):
        super().__init__()
        self.qkv = ParallelConvs(width, (width,) * 3, bias)
        self.query_gate = _Gates(width, kernel)
        self.key_gate = _Gates(width, kernel)
        self.join = ElasticDepthwiseConv2d(width, (kernel, kernel), bias=True)

    def configure(self, width: int, kernel: int, bias: bool) -> None:
        """Choose the active channels, the taps and the biases."""
        self.qkv.configure(width, (width,) * 3, bias)
        self.query_gate.configure(width, kernel)
        self.key_gate.configure(width, kernel)
        self.join.configure(width, (kernel, kernel))

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.qkv(x)
        return self.join(self.query_gate(query) + self.key_gate(key)) * value


class _Gates(nn.Module):
    """One weight in (0, 1) for each position, from its neighbourhood; then one for each channel, from all means."""

    def __init__(self, width: int, kernel: int):
        super().__init__()
        self.local = DepthwiseNorm(width, kernel, norm="batch_norm", activation="relu")
        self.position = ElasticConv2d(width, 1, bias=False)
        self.channel = ElasticConv2d(width, width, bias=False)

    def configure(self, width: int, kernel: int) -> None:
        """Choose the active channels and taps."""
        self.local.configure(width, kernel)
        self.position.configure(width, 1)
        self.channel.configure(width, width)

    def forward(self, x: Tensor) -> Tensor:
        x = x * self.position(self.local(x)).sigmoid()
        return x * self.channel(x.mean((2, 3), keepdim=True)).sigmoid()


MODULE = ConvAdditiveAttention
