"""A dense square kernel as a row and a column (arXiv:1512.00567, 1602.07261)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.convnorm import ConvNorm
from supernet.deploy import merge
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations


class AsymmetricConv(OperatorModule):
    """1 x k and k x 1 over all channels, each with BatchNorm; smaller kernels are the centre of larger ones."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width, kernel = place.inputs, max(config["kernel"] for config in configs)
        self.row = ConvNorm(width, width, (1, kernel), norm="batch_norm", bias=False)
        self.activation = activations(configs)
        self.column = ConvNorm(width, width, (kernel, 1), norm="batch_norm", bias=False)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.row.configure(inputs, outputs)
        self.row.conv.kernel = (1, config["kernel"])
        self.activation.configure(config["activation"])
        self.column.configure(outputs, outputs)
        self.column.conv.kernel = (config["kernel"], 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.column(self.activation(self.row(x)))

    def merged(self) -> nn.Module:
        """Return two convolutions with the activation between them."""
        parts = (self.row, self.activation, self.column)
        return nn.Sequential(*[layer for part in parts for layer in merge(part)])


MODULE = AsymmetricConv
