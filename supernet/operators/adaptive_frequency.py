"""Adaptive frequency filter (arXiv:2307.14008)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from search_spaces import OpConfig
from supernet.elastic import ElasticConv2d
from supernet.operators._module import OperatorModule, Place


class AdaptiveFrequencyFilter(OperatorModule):
    """x + inverse(spectrum * shrink(second(relu(first(spectrum))))): a circular convolution that x itself gives.

    ``relu`` and the soft threshold ``shrink`` act on real and imaginary parts. Any side; a block of fewer
    channels is a prefix of a wider one, as in every grouped convolution.
    """

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        blocks = min(config["blocks"] for config in configs)
        self.first = _ComplexConv(place.inputs, blocks)
        self.second = _ComplexConv(place.inputs, blocks)
        self.threshold = 0.0

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.first.configure(inputs, config["blocks"])
        self.second.configure(inputs, config["blocks"])
        self.threshold = float(config["threshold"])

    def forward(self, x: Tensor) -> Tensor:
        # Transforms have no half precision.
        spectrum = torch.fft.rfft2(x.double() if x.dtype == torch.float64 else x.float(), norm="ortho")
        real, imaginary = torch.view_as_real(spectrum).unbind(-1)
        real, imaginary = self.first(real, imaginary)
        real, imaginary = self.second(F.relu(real), F.relu(imaginary))
        mask = F.softshrink(torch.stack((real, imaginary), -1), self.threshold).to(spectrum.real.dtype)
        filtered = torch.fft.irfft2(spectrum * torch.view_as_complex(mask), s=x.shape[2:], norm="ortho")
        return x + filtered.to(x.dtype)


class _ComplexConv(nn.Module):
    """A block-diagonal 1 x 1 convolution of complex maps, given and returned as real and imaginary parts."""

    def __init__(self, width: int, blocks: int):
        super().__init__()
        self.real = ElasticConv2d(width, width, groups=blocks)
        self.imaginary = ElasticConv2d(width, width, groups=blocks)

    def configure(self, width: int, blocks: int) -> None:
        """Choose the active channels and blocks."""
        self.real.configure(width, width, groups=blocks)
        self.imaginary.configure(width, width, groups=blocks)

    def forward(self, real: Tensor, imaginary: Tensor) -> tuple[Tensor, Tensor]:
        # (r + i) is added to the imaginary part and (r - i) to the real one by the two biases r and i.
        return self.real(real) - self.imaginary(imaginary), self.real(imaginary) + self.imaginary(real)


MODULE = AdaptiveFrequencyFilter
