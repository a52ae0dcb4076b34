"""Dense dilated convolution along a sequence (arXiv:2103.13581)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from search_spaces import OpConfig
from supernet.operators._module import OperatorModule, Place
from supernet.operators._time_delay import TimeDelayLayer


class TimeDelay(OperatorModule):
    """[N, inputs, 1, T] to [N, outputs, 1, T']; smaller kernels are the centre of the largest.

    On maps [N, inputs, S, S] the kernel is square.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        kernel = max(config["kernel"] for config in configs)
        ends = (place.inputs, place.outputs, configs)
        self.layer = TimeDelayLayer(*ends, kernel=kernel, stride=place.stride, sequence=place.sequence)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.layer.configure(config, inputs, outputs, config["kernel"], config["dilation"])

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


MODULE = TimeDelay
