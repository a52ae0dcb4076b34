"""Depthwise convolution with a kernel mixed from experts (arXiv:1904.04971)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from search_spaces import OpConfig
from supernet.experts import Experts
from supernet.operators._module import OperatorModule, Place
from supernet.taps import neighbours


class ConditionalConv(OperatorModule):
    """Every image has a depthwise kernel of its own; windows times kernels, so no group depends on the batch."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.kernel = max(config["kernel"] for config in configs)
        shape, fan = (place.inputs, self.kernel, self.kernel), self.kernel**2
        self.experts = Experts(max(c["experts"] for c in configs), place.inputs, shape, fan, centred=2)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.kernel = config["kernel"]
        self.experts.configure(config["experts"], inputs, outputs, self.kernel, self.kernel)

    def forward(self, x: Tensor) -> Tensor:
        kernels = self.experts(x).flatten(2)
        return torch.einsum("nhwct,nct->nhwc", neighbours(x, self.kernel), kernels).permute(0, 3, 1, 2)


MODULE = ConditionalConv
