"""Plain layers that torch.nn lacks; what elastic primitives freeze into."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class LayerNorm2d(nn.LayerNorm):
    """Layer normalisation over the channels of a map [N,C,H,W]."""

    def forward(self, input: Tensor) -> Tensor:
        x = input.permute(0, 2, 3, 1)
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps).permute(0, 3, 1, 2)


class GroupNormNoBias(nn.GroupNorm):
    """Group normalisation with a weight and no bias."""

    def __init__(self, groups: int, channels: int, eps: float = 1e-5):
        super().__init__(groups, channels, eps)
        self.register_parameter("bias", None)


class StarReLU(nn.Module):
    """scale * relu(x)^2 + bias with one learned scale and bias (arXiv:2210.13452)."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * F.relu(x).square() + self.bias


class SquaredReLU(nn.Module):
    """relu(x)^2 (So et al., Primer, arXiv:2109.08668)."""

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x).square()


class ChannelScale(nn.Module):
    """Multiply each channel of a map [N,C,H,W] by a learned factor."""

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight.view(1, -1, 1, 1)


class GRN(nn.Module):
    """Global response normalisation of a map [N,C,H,W] (ConvNeXt V2, arXiv:2301.00808)."""

    def __init__(self, channels: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    @staticmethod
    def normalise(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return x * (1 + weight * n) + bias, n = L2 norm over positions / its mean over channels."""
        energy = x.square().sum((2, 3), keepdim=True).add(1e-12).sqrt()
        relative = energy / (energy.mean(1, keepdim=True) + 1e-6)
        scaled = x * (1 + weight.view(1, -1, 1, 1) * relative)
        return scaled if bias is None else scaled + bias.view(1, -1, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.normalise(x, self.weight, self.bias)
