"""Dense convolution whose weight is a sum of Kronecker products (arXiv:2110.04176)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.hypercomplex import ElasticHypercomplexConv2d
from supernet.operators._module import OperatorModule, Place


class HypercomplexConv(OperatorModule):
    """[N, width, H, W] to the same shape; every dimension of the algebra has weights of its own."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        kernel = max(config["kernel"] for config in configs)
        dimensions = sorted({config["n"] for config in configs})
        width = {n: place.inputs // n * n for n in dimensions}
        self.convs = nn.ModuleDict(
            {str(n): ElasticHypercomplexConv2d(width[n], width[n], kernel, n) for n in dimensions}
        )
        self.active = str(dimensions[0])

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.active = str(config["n"])
        conv: Any = self.convs[self.active]
        conv.configure(inputs, outputs, config["kernel"])

    def prune(self) -> None:
        """Forget the weights of other algebras; called on a frozen copy."""
        self.convs = nn.ModuleDict({self.active: self.convs[self.active]})

    def forward(self, x: Tensor) -> Tensor:
        return self.convs[self.active](x)

    def merged(self) -> nn.Module:
        conv: Any = self.convs[self.active]
        return conv.merged()


MODULE = HypercomplexConv
