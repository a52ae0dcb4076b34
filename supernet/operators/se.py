"""Squeeze-and-excitation (arXiv:1709.01507)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.elastic import ElasticConv2d
from supernet.operators._module import OperatorModule


class SqueezeExcitation(OperatorModule):
    """Weights each channel by a two-layer function of all channel means."""

    def __init__(self, width: int, configs: Sequence[OpConfig]):
        super().__init__(width, configs)
        hidden = max(width // config["reduction"] for config in configs)
        self.squeeze = ElasticConv2d(width, hidden)
        self.excite = ElasticConv2d(hidden, width)

    def configure(self, config: OpConfig, width: int) -> None:
        hidden = width // config["reduction"]
        self.squeeze.inputs, self.squeeze.outputs = width, hidden
        self.excite.inputs, self.excite.outputs = hidden, width

    def forward(self, x: Tensor) -> Tensor:
        weights = self.excite(F.relu(self.squeeze(x.mean((2, 3), keepdim=True))))
        return x * weights.sigmoid()


MODULE = SqueezeExcitation
