"""Values modulated by heads of growing kernels (arXiv:2307.08579)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.convnorm import ConvNorm
from supernet.deploy import merge
from supernet.elastic import ElasticConv2d, ElasticDepthwiseConv2d
from supernet.operators._module import OperatorModule, Place
from supernet.parallel import ParallelConvs


class ScaleAwareModulation(OperatorModule):
    """[N, width, H, W]: the product of values and modulator, then a 1 x 1 projection."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.modulated = _Modulated(place.inputs, configs)
        self.project = ElasticConv2d(place.inputs, place.outputs)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.modulated.configure(config, inputs)
        self.project.configure(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.project(self.modulated(x))

    def merged(self) -> nn.Module:
        """Return the modulation with its convolutions joined and BatchNorm folded, and the projection."""
        return nn.Sequential(*merge(self.modulated), self.project)


class _Modulated(nn.Module):
    """Values times modulator.

    Head i convolves its share of the channels with kernels of k + 2 i taps. Then one channel of every head
    makes a group; groups expand (BatchNorm, GELU), and a 1 x 1 convolution mixes all of them. Fewer heads are the
    first ones, with more channels each.
    """

    def __init__(self, width: int, configs: Sequence[OpConfig]):
        super().__init__()
        most, kernel = max(c["heads"] for c in configs), max(c["kernel"] for c in configs)
        hidden = width * max(config["expansion"] for config in configs)
        self.maps = ParallelConvs(width, (width, width), any(config["bias"] for config in configs))
        self.heads = nn.ModuleList(
            ElasticDepthwiseConv2d(_share(width, configs, i), (kernel + 2 * i,) * 2, bias=True) for i in range(most)
        )
        self.spread = ConvNorm(width, hidden, 1, norm="batch_norm", activation="gelu", groups=max(1, width // most))
        self.gather = ElasticConv2d(hidden, width)
        self.count = most

    def configure(self, config: OpConfig, width: int) -> None:
        """Choose the heads, their kernels and the active channels."""
        self.count, hidden = config["heads"], width * config["expansion"]
        share = width // self.count
        self.maps.configure(width, (width, width), config["bias"])
        for i in range(self.count):
            head: Any = self.heads[i]
            head.configure(share, (config["kernel"] + 2 * i,) * 2)
        self.spread.configure(width, hidden, groups=share)
        self.gather.configure(hidden, width)

    def prune(self) -> None:
        """Forget the heads that are not active; called on a frozen copy."""
        self.heads = self.heads[: self.count]

    def forward(self, x: Tensor) -> Tensor:
        value, source = self.maps(x)
        shares = source.chunk(self.count, dim=1)
        scales = [self.heads[i](share).permute(0, 2, 3, 1) for i, share in enumerate(shares)]
        groups = torch.stack(scales, dim=-1).flatten(3).permute(0, 3, 1, 2)
        return value * self.gather(self.spread(groups))


def _share(width: int, configs: Sequence[OpConfig], head: int) -> int:
    """Return the most channels that a head has in any configuration that has this head."""
    return max(width // config["heads"] for config in configs if config["heads"] > head)


MODULE = ScaleAwareModulation
