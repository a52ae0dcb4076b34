"""Squeeze-and-excitation (arXiv:1709.01507)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.elastic import ElasticConv2d
from supernet.operators._attention import excited
from supernet.operators._module import OperatorModule, Place


class SqueezeExcitation(OperatorModule):
    """Weights each channel by a two-layer function of all channel means."""

    masks = frozenset({"width"})

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        hidden = max(place.inputs // config["reduction"] for config in configs)
        self.squeeze = ElasticConv2d(place.inputs, hidden)
        self.excite = ElasticConv2d(hidden, place.inputs)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        hidden = inputs // config["reduction"]
        self.squeeze.configure(inputs, hidden)
        self.excite.configure(hidden, inputs)

    def forward(self, x: Tensor) -> Tensor:
        return excited(x, lambda means: F.relu(self.squeeze(means)), self.excite)


MODULE = SqueezeExcitation
