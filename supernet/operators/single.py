"""One residual around both mixers (arXiv:2303.16900)."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from supernet.operators._residual import ResidualStyle, normed


class Single(ResidualStyle):
    """x + channel_mixer(gate(norm(mixer(x))))."""

    masks = frozenset({"width"})

    def run(self, x: Tensor, block: Any) -> Tensor:
        return self.join(0, x, block.channel_mixer(block.gate(block.norm(block.mixer(x)))))

    def merged_block(self, block: Any) -> list[nn.Module]:
        """Return the merged branches of a frozen block."""
        return [self.merged_branch(0, normed(block.mixer, block.norm), block.gate, block.channel_mixer)]


MODULE = Single
