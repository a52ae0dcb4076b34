"""Efficient channel attention (arXiv:1910.03151)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from search_spaces import OpConfig
from supernet.elastic import ElasticConv1d
from supernet.operators._attention import excited_by_neighbours
from supernet.operators._module import OperatorModule, Place


class EfficientChannelAttention(OperatorModule):
    """Weights each channel by a convolution over the means of its neighbours."""

    masks = frozenset({"width"})

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.conv = ElasticConv1d(max(config["kernel"] for config in configs))

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.conv.kernel = config["kernel"]

    def forward(self, x: Tensor) -> Tensor:
        return excited_by_neighbours(x, self.conv)


MODULE = EfficientChannelAttention
