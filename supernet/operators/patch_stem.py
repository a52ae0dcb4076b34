"""One convolution from the image to the first stage (arXiv:2201.03545)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from search_spaces import OpConfig
from supernet.convnorm import ConvNorm
from supernet.operators._module import OperatorModule, Place


class PatchStem(OperatorModule):
    """[N, channels, R, R] to [N, width, S, S]."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        (config,) = configs
        padding = None if config["padding"] < 0 else config["padding"]
        stride, kernel = config["stride"], config["kernel"]
        self.conv = ConvNorm(
            place.inputs,
            place.outputs,
            (1, kernel) if place.sequence else kernel,
            (1, stride) if place.sequence else stride,
            norm=config["norm"],
            activation=config["activation"],
            bias=config["bias"],
            norm_bias=config["norm_bias"],
            padding=(0, padding) if place.sequence and padding is not None else padding,
            norm_last=config["norm_last"],
        )

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.conv.configure(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


MODULE = PatchStem
