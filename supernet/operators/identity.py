"""No mixing of positions: the control mixer (arXiv:2210.13452)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from search_spaces import OpConfig
from supernet.operators._module import OperatorModule, Place


class Identity(OperatorModule):
    """Returns its input."""

    masks = frozenset({"width"})

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        pass

    def forward(self, x: Tensor) -> Tensor:
        return x


MODULE = Identity
