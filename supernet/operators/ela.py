"""Efficient local attention (arXiv:2403.01123)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.elastic import ElasticConv2d, ElasticGroupNorm
from supernet.operators._module import OperatorModule, Place


class EfficientLocalAttention(OperatorModule):
    """x * weights(means of rows) * weights(means of columns); both have the same convolution and norm."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width, mixed = place.inputs, max(config["mixed"] for config in configs)
        kernel = max(config["kernel"] for config in configs)
        self.conv = ElasticConv2d(width, width, (kernel, 1), bias=False, groups=width // mixed)
        self.norm = _GroupNorm(width)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.conv.configure(inputs, inputs, (config["kernel"], 1), inputs // config["mixed"])
        self.norm.channels, self.norm.groups = inputs, config["norm_groups"]

    def forward(self, x: Tensor) -> Tensor:
        rows = self._weights(x.mean(3, keepdim=True))
        columns = self._weights(x.mean(2, keepdim=True).transpose(2, 3))
        return x * rows * columns.transpose(2, 3)

    def _weights(self, means: Tensor) -> Tensor:
        """Map means [N, C, L, 1] to weights between 0 and 1."""
        return self.norm(self.conv(means)).sigmoid()


class _GroupNorm(ElasticGroupNorm):
    """Group normalisation with an elastic number of groups."""

    def __init__(self, channels: int):
        super().__init__(channels)
        self.groups = 1

    def forward(self, x: Tensor) -> Tensor:
        c = self.channels
        return F.group_norm(x, self.groups, self.weight[:c], None if self.bias is None else self.bias[:c], self.eps)

    def frozen(self) -> nn.Module:
        one, norm = super().frozen(), nn.GroupNorm(self.groups, self.channels, eps=self.eps)
        norm.load_state_dict(one.state_dict())
        return norm


MODULE = EfficientLocalAttention
