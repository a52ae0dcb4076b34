"""Split attention (ResNeSt, arXiv:2004.08955)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from search_spaces import OpConfig
from supernet.operators._module import OperatorModule, Place
from supernet.operators._split_attention import SplitAttentionLayer, Splits


class SplitAttention(OperatorModule):
    """[N, width, H, W] to the same shape: see `SplitAttentionLayer`."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.layer = SplitAttentionLayer([Splits.of(config, place.inputs) for config in configs], place.sequence)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.layer.configure(Splits.of(config, inputs))

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


MODULE = SplitAttention
