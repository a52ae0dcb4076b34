"""One elastic layer of a time-delay network: convolution, activation, BatchNorm (in this order)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.elastic import ElasticBatchNorm2d, ElasticConv2d
from supernet.operators._conv_layer import along
from supernet.parts import activations


class TimeDelayLayer(nn.Module):
    """[N, inputs, 1, T] to [N, outputs, 1, T']: norm(act(conv(x))), so the norm does not fold into the convolution."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        configs: Sequence[OpConfig],
        *,
        kernel: int = 1,
        stride: int = 1,
        sequence: bool = False,
    ):
        super().__init__()
        self.sequence = sequence
        self.conv = ElasticConv2d(inputs, outputs, along(kernel, sequence), along(stride, sequence))
        self.activation = activations(configs)
        self.norm = ElasticBatchNorm2d(outputs)

    def configure(self, config: OpConfig, inputs: int, outputs: int, kernel: int = 1, dilation: int = 1) -> None:
        """Choose the active channels, the taps and the activation."""
        self.conv.configure(inputs, outputs, along(kernel, self.sequence), dilation=dilation)
        self.activation.configure(config["activation"])
        self.norm.channels = outputs

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.activation(self.conv(x)))
