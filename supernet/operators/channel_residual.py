"""No residual around the mixer, one around the channel mixer (arXiv:2307.09283)."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from supernet.deploy import is_empty, merge
from supernet.operators._residual import ResidualStyle, normed


class ChannelResidual(ResidualStyle):
    """y = gate(norm(mixer(x))), then y + channel_mixer(y); without a channel mixer, y alone."""

    def run(self, x: Tensor, block: Any) -> Tensor:
        y = block.gate(block.norm(block.mixer(x)))
        return y if is_empty(block.channel_mixer) else self.join(0, y, block.channel_mixer(y))

    def merged_block(self, block: Any) -> list[nn.Module]:
        """Return the merged mixer and the merged branch of a frozen block."""
        layers = [normed(block.mixer, block.norm), *merge(block.gate)]
        if is_empty(block.channel_mixer):
            return layers
        return [*layers, self.merged_branch(0, block.channel_mixer)]


MODULE = ChannelResidual
