"""Two 3 x 3 convolutions of equal width (arXiv:2204.01697)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from search_spaces import OpConfig
from supernet.convnorm import ConvNorm
from supernet.operators._module import OperatorModule, Place
from supernet.same import SamePad


class MaxVitStem(OperatorModule):
    """[N, channels, R, R] to [N, width, ceil(R / stride), ceil(R / stride)]."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        (config,) = configs
        stride, width = config["stride"], place.outputs
        self.pad = SamePad(3, stride)
        self.first = ConvNorm(
            place.inputs, width, 3, stride, norm="batch_norm", activation=config["activation"], padding=0
        )
        self.second = ConvNorm(width, width, 3)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.first.configure(inputs, outputs)
        self.second.configure(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(self.pad(x)))


MODULE = MaxVitStem
