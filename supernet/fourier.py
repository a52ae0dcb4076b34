"""Global filters: a learned factor for each frequency of each channel, plain and elastic."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from supernet.elastic import Elastic, ElasticDepthwiseConv2d, ElasticLayerNorm


class GlobalFilter(nn.Module):
    """A circular convolution as large as the map [N, C, H, W], by the fast Fourier transform.

    ``weight`` is [C, H, W // 2 + 1, 2], real and imaginary parts. On maps of another size it is interpolated
    between frequencies (bilinear, corners aligned), as the authors of HorNet (arXiv:2207.14284) do.
    """

    def __init__(self, channels: int, height: int, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, height, width // 2 + 1, 2))
        nn.init.trunc_normal_(self.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        return filtered(x, self.weight)


class ElasticGlobalFilter(Elastic):
    """A `GlobalFilter` of a prefix of the channels."""

    def __init__(self, channels: int, height: int, width: int):
        super().__init__()
        self.size = (height, width)
        self.weight = GlobalFilter(channels, height, width).weight
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        return filtered(x, self.weight[: self.channels])

    def frozen(self) -> GlobalFilter:
        plain = GlobalFilter(self.channels, *self.size)
        with torch.no_grad():
            plain.weight.copy_(self.weight[: self.channels])
        return plain


def filtered(x: Tensor, weight: Tensor) -> Tensor:
    """Multiply the spectrum of x [N, C, H, W] by weight [C, h, w, 2]; transforms have no half precision."""
    height, width = x.shape[2:]
    spectrum = torch.fft.rfft2(x.to(weight.dtype), norm="ortho")
    factors = torch.view_as_complex(_resized(weight, height, width // 2 + 1))
    return torch.fft.irfft2(spectrum * factors, s=(height, width), norm="ortho").to(x.dtype)


def _resized(weight: Tensor, height: int, width: int) -> Tensor:
    if weight.shape[1:3] == (height, width):
        return weight
    parts = weight.permute(3, 0, 1, 2)
    parts = F.interpolate(parts, size=(height, width), mode="bilinear", align_corners=True)
    return parts.permute(1, 2, 3, 0).contiguous()


class GlobalLocalFilter(nn.Module):
    """Norm, a global filter on the first half of the channels, 3 x 3 on the second, interleaved, norm.

    The norms and filters are elastic in a prefix of the channels (an even number of them).
    """

    def __init__(self, channels: int, height: int, width: int):
        super().__init__()
        self.before = ElasticLayerNorm(channels, spatial=True)
        self.filter = ElasticGlobalFilter(channels // 2, height, width)
        self.local = ElasticDepthwiseConv2d(channels // 2, (3, 3))
        self.after = ElasticLayerNorm(channels, spatial=True)

    def configure(self, channels: int) -> None:
        """Choose the active channels."""
        self.before.channels = self.after.channels = channels
        self.filter.channels = channels // 2
        self.local.configure(channels // 2, (3, 3))

    def forward(self, x: Tensor) -> Tensor:
        wide, near = self.before(x).chunk(2, dim=1)
        return self.after(torch.stack((self.filter(wide), self.local(near)), dim=2).flatten(1, 2))
