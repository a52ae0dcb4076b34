"""Wavelet transform, MLP on every level, transposed convolutions back (arXiv:2205.14375)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import fusion

from search_spaces import OpConfig
from supernet.elastic import ElasticBatchNorm2d, ElasticConv2d
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations
from supernet.transposed import ElasticConvTranspose2d


class WaveletMix(OperatorModule):
    """The bands of a level have together the width of the block; those of fewer levels are the first ones.

    From the last level up, the result of a level (half the width) joins the bands of the level before it. Odd
    sides are padded with a row of zeros, which the way back cuts off.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width, self.levels = place.inputs, max(config["levels"] for config in configs)
        self.reduce = ElasticConv2d(width, width // 4)
        self.mixers = nn.ModuleList(_Level(width, i == 0, i + 1 < self.levels, configs) for i in range(self.levels))

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.levels = config["levels"]
        self.reduce.configure(inputs, inputs // 4)
        for i, mixer in enumerate(list(self.mixers)[: self.levels]):
            level: Any = mixer
            level.configure(config, inputs, i + 1 < self.levels)

    def prune(self) -> None:
        """Forget the levels that are not active; called on a frozen copy."""
        self.mixers = nn.ModuleList(list(self.mixers)[: self.levels])

    def forward(self, x: Tensor) -> Tensor:
        low, bands, sides = self.reduce(x), [], []
        for _ in range(self.levels):
            sides.append(low.shape[2:])
            low, together = haar(low)
            bands.append(together)
        below = None
        for i in reversed(range(self.levels)):
            below = self.mixers[i](bands[i], below)[:, :, : sides[i][0], : sides[i][1]]
        assert below is not None
        return below


class _Level(nn.Module):
    """Two 1 x 1 convolutions with an activation, then the map at twice the sides.

    A convolution of the bands and one of what comes from the level below are added: one of both together.
    """

    def __init__(self, width: int, first: bool, below: bool, configs: Sequence[OpConfig]):
        super().__init__()
        hidden, self.first = max(int(width * config["expansion"]) for config in configs), first
        outputs = width if first else width // 2
        self.bands = ElasticConv2d(width, hidden)
        self.below = ElasticConv2d(width // 2, hidden, bias=False) if below else None
        self.activation = activations(configs)
        self.project = ElasticConv2d(hidden, width)
        self.enlarge = _Enlarge(width, outputs)
        self.use_below = below

    def configure(self, config: OpConfig, width: int, below: bool) -> None:
        hidden, self.use_below = int(width * config["expansion"]), below
        self.bands.configure(width, hidden)
        if self.below is not None and below:
            self.below.configure(width // 2, hidden)
        self.activation.configure(config["activation"])
        self.project.configure(hidden, width)
        self.enlarge.configure(width, width if self.first else width // 2)

    def prune(self) -> None:
        """Forget the convolution of a level below that is not active; called on a frozen copy."""
        self.below = self.below if self.use_below else None

    def forward(self, bands: Tensor, below: Tensor | None) -> Tensor:
        hidden = self.bands(bands)
        if self.below is not None and below is not None:
            hidden = hidden + self.below(below)
        return self.enlarge(self.project(self.activation(hidden)))


class _Enlarge(nn.Module):
    """4 x 4 transposed convolution at stride 2, BatchNorm."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv: Any = ElasticConvTranspose2d(inputs, outputs, 4, 2, 1)
        self.norm: Any = ElasticBatchNorm2d(outputs)

    def configure(self, inputs: int, outputs: int) -> None:
        self.conv.inputs, self.conv.outputs = inputs, outputs
        self.norm.channels = outputs

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))

    def merged(self) -> nn.Module:
        """Return one transposed convolution."""
        return fusion.fuse_conv_bn_eval(self.conv, self.norm, transpose=True)


def haar(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the low band [N, C, H', W'] of x [N, C, H, W] and all four [N, 4 C, H', W'], those of a channel together.

    H' and W' are half the sides, rounded up; the transform is orthonormal.
    """
    x = F.pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2))
    top, bottom = x[:, :, 0::2], x[:, :, 1::2]
    total, change = (top + bottom) / 2, (top - bottom) / 2
    low = total[..., 0::2] + total[..., 1::2]
    columns, rows = total[..., 0::2] - total[..., 1::2], change[..., 0::2] + change[..., 1::2]
    both = change[..., 0::2] - change[..., 1::2]
    return low, torch.stack((low, columns, rows, both), dim=2).flatten(1, 2)


MODULE = WaveletMix
