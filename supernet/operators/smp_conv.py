"""Self-moving point convolution (arXiv:2304.02330)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.deploy import fuse
from supernet.elastic import ElasticBatchNorm2d, ElasticDepthwiseConv2d
from supernet.generated import ElasticPointConv2d, GeneratedConv2d
from supernet.operators._module import OperatorModule, Place


class PointDepthwiseConv(OperatorModule):
    """Sum of the convolution from points and a small dense one, each followed by BatchNorm.

    Fewer points are the first ones; points beyond a smaller kernel reach into it as far as their radius.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width, small = place.inputs, max(config["small"] for config in configs)
        kernel, points = (max(config[name] for config in configs) for name in ("kernel", "points"))
        self.conv = ElasticPointConv2d(width, kernel, points)
        self.norm = ElasticBatchNorm2d(width)
        self.small = ElasticDepthwiseConv2d(width, (small, small)) if small else None
        self.small_norm = ElasticBatchNorm2d(width) if small else None
        self.use_small = small > 0

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.conv.configure(inputs, config["kernel"], config["points"])
        self.norm.channels = inputs
        self.use_small = config["small"] > 0
        if self.use_small and self.small is not None and self.small_norm is not None:
            self.small.configure(inputs, (config["small"],) * 2)
            self.small_norm.channels = inputs

    def prune(self) -> None:
        """Forget the small convolution where it is not active; called on a frozen copy."""
        if not self.use_small:
            self.small = self.small_norm = None

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.conv(x))
        if self.use_small and self.small is not None and self.small_norm is not None:
            y = y + self.small_norm(self.small(x))
        return y

    def merged(self) -> nn.Module:
        """Return one depthwise convolution."""
        assert isinstance(self.conv, GeneratedConv2d)
        conv = fuse(self.conv.merged(), self.norm)
        if self.small is not None:
            small = fuse(self.small, self.small_norm)
            assert conv.bias is not None and small.bias is not None
            with torch.no_grad():
                conv.weight.add_(F.pad(small.weight, [(conv.kernel_size[0] - small.kernel_size[0]) // 2] * 4))
                conv.bias.add_(small.bias)
        return conv


MODULE = PointDepthwiseConv
