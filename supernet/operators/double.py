"""One residual around each mixer (arXiv:2111.11418)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.deploy import is_empty, merge
from supernet.operators._module import Place
from supernet.operators._residual import ResidualStyle


class Double(ResidualStyle):
    """x + gate(mixer(norm(x))), then x + channel_mixer(channel_norm(x)); without a channel mixer, the first alone.

    With a normed shortcut the second is y + channel_mixer(y), y = channel_norm(x).
    """

    masks = frozenset({"width"})
    branches = 2

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.normed_shortcut = False

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        super().configure(config, inputs, outputs)
        self.normed_shortcut = config["normed_shortcut"]

    def run(self, x: Tensor, block: Any) -> Tensor:
        x = self.join(0, x, block.gate(block.mixer(block.norm(x))))
        if is_empty(block.channel_mixer):
            return x
        y = block.channel_norm(x)
        return self.join(1, y if self.normed_shortcut else x, block.channel_mixer(y))

    def merged_block(self, block: Any) -> list[nn.Module]:
        """Return the merged branches of a frozen block."""
        first = self.merged_branch(0, block.norm, block.mixer, block.gate)
        if is_empty(block.channel_mixer):
            return [first]
        if self.normed_shortcut:
            return [first, *merge(block.channel_norm), self.merged_branch(1, block.channel_mixer)]
        return [first, self.merged_branch(1, block.channel_norm, block.channel_mixer)]


MODULE = Double
