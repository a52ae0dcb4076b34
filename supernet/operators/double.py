"""One residual around each mixer (arXiv:2111.11418)."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from supernet.deploy import is_empty
from supernet.operators._residual import ResidualStyle


class Double(ResidualStyle):
    """x + gate(mixer(norm(x))), then x + channel_mixer(channel_norm(x)); without a channel mixer, the first alone."""

    branches = 2

    def run(self, x: Tensor, block: Any) -> Tensor:
        x = self.join(0, x, block.gate(block.mixer(block.norm(x))))
        if is_empty(block.channel_mixer):
            return x
        return self.join(1, x, block.channel_mixer(block.channel_norm(x)))

    def merged_block(self, block: Any) -> list[nn.Module]:
        """Return the merged branches of a frozen block."""
        first = self.merged_branch(0, block.norm, block.mixer, block.gate)
        if is_empty(block.channel_mixer):
            return [first]
        return [first, self.merged_branch(1, block.channel_norm, block.channel_mixer)]


MODULE = Double
