"""No residual of the block's own."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from supernet.deploy import merge
from supernet.operators._residual import ResidualStyle, normed


class Plain(ResidualStyle):
    """channel_mixer(gate(norm(mixer(x))))."""

    def run(self, x: Tensor, block: Any) -> Tensor:
        return block.channel_mixer(block.gate(block.norm(block.mixer(x))))

    def merged_block(self, block: Any) -> list[nn.Module]:
        """Return the merged layers of a frozen block."""
        return [normed(block.mixer, block.norm), *merge(block.gate), *merge(block.channel_mixer)]


MODULE = Plain
