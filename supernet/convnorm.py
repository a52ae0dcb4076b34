"""A dense 3 x 3 convolution followed by a norm, as stems and downsampling use it."""

from __future__ import annotations

from torch import Tensor, nn

from supernet.deploy import fuse
from supernet.elastic import ElasticBatchNorm2d, ElasticConv2d, ElasticLayerNorm


class ConvNorm(nn.Module):
    """3 x 3 convolution with bias, then batch_norm or layer_norm over channels."""

    def __init__(self, inputs: int, outputs: int, stride: int, norm: str):
        super().__init__()
        self.conv = ElasticConv2d(inputs, outputs, 3, stride)
        self.norm = ElasticBatchNorm2d(outputs) if norm == "batch_norm" else ElasticLayerNorm(outputs, spatial=True)

    def configure(self, inputs: int, outputs: int) -> None:
        """Choose the active input and output channels."""
        self.conv.inputs, self.conv.outputs = inputs, outputs
        self.norm.channels = outputs

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))

    def merged(self) -> nn.Module:
        """Return one convolution when the norm is a BatchNorm; a LayerNorm stays."""
        if isinstance(self.norm, nn.BatchNorm2d):
            return fuse(self.conv, self.norm)
        return self
