"""Large-small convolution: a kernel for each position, made from a large neighbourhood (arXiv:2503.23135)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.branches import DepthwiseBranches
from supernet.convnorm import ConvNorm
from supernet.elastic import ElasticBatchNorm2d, ElasticConv2d, ElasticGroupNorm
from supernet.operators._module import OperatorModule, Place
from supernet.taps import neighbours


class LargeSmallConv(OperatorModule):
    """Channels [g * group, (g + 1) * group) of a position are mixed by its kernel g; BatchNorm at the end."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width = place.inputs
        self.look = _Look(width, max(config["large"] for config in configs))
        smalls = sorted({config["small"] for config in configs})
        groups = {small: [width // c["group"] for c in configs if c["small"] == small] for small in smalls}
        self.kernels = nn.ModuleDict({str(s): _Kernels(width // 2, max(groups[s]), s) for s in smalls})
        self.norm = ElasticBatchNorm2d(width)
        self.small = smalls[0]

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.small = config["small"]
        self.look.configure(inputs, config["large"])
        kernels: Any = self.kernels[str(self.small)]
        kernels.configure(inputs // 2, inputs // config["group"])
        self.norm.channels = outputs

    def prune(self) -> None:
        """Forget the kernels of other sides; called on a frozen copy."""
        self.kernels = nn.ModuleDict({str(self.small): self.kernels[str(self.small)]})

    def forward(self, x: Tensor) -> Tensor:
        kernels = self.kernels[str(self.small)](self.look(x))
        windows = neighbours(x, self.small).unflatten(3, (kernels.shape[3], -1))
        mixed = torch.einsum("nhwgct,nhwgt->nhwgc", windows, kernels)
        return self.norm(mixed.flatten(3).permute(0, 3, 1, 2))


class _Look(nn.Module):
    """Half the channels: 1 x 1, ReLU, large depthwise, 1 x 1, ReLU, with a BatchNorm after each convolution."""

    def __init__(self, width: int, kernel: int):
        super().__init__()
        half = width // 2
        self.reduce = ConvNorm(width, half, 1, norm="batch_norm", activation="relu", bias=False)
        self.large = DepthwiseBranches(half, half, kernel)
        self.mix = ConvNorm(half, half, 1, norm="batch_norm", activation="relu", bias=False)

    def configure(self, width: int, kernel: int) -> None:
        half = width // 2
        self.reduce.configure(width, half)
        self.large.configure(half, half, kernel)
        self.mix.configure(half, half)

    def forward(self, x: Tensor) -> Tensor:
        return self.mix(self.large(self.reduce(x)))


class _Kernels(nn.Module):
    """1 x 1 convolution to the taps of every group, each group normalised over its taps and all positions."""

    def __init__(self, width: int, groups: int, side: int):
        super().__init__()
        self.groups, self.taps = groups, side * side
        self.conv = ElasticConv2d(width, groups * self.taps)
        self.norm = ElasticGroupNorm(groups * self.taps, groups=groups)

    def configure(self, width: int, groups: int) -> None:
        self.groups = self.norm.groups = groups
        self.norm.channels = groups * self.taps
        self.conv.configure(width, groups * self.taps)

    def forward(self, x: Tensor) -> Tensor:
        """Return kernels [N, H, W, groups, taps]."""
        return self.norm(self.conv(x)).permute(0, 2, 3, 1).unflatten(3, (self.groups, self.taps))


MODULE = LargeSmallConv
