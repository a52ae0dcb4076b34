"""No mixing of positions: the control mixer (arXiv:2210.13452)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from search_spaces import OpConfig
from supernet.operators._module import OperatorModule


class Identity(OperatorModule):
    """Returns its input."""

    def __init__(self, width: int, configs: Sequence[OpConfig]):
        super().__init__(width, configs)

    def configure(self, config: OpConfig, width: int) -> None:
        pass

    def forward(self, x: Tensor) -> Tensor:
        return x


MODULE = Identity
