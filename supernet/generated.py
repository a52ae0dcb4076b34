"""Depthwise convolutions whose dense kernel is generated from fewer numbers, plain and elastic.

Positions are in pixels from the centre of the kernel, so a smaller kernel is the centre of a larger one.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from supernet.depthwise import depthwise_conv2d
from supernet.elastic import Elastic

_LEAST_WIDTH = 0.27  # pixels of a Gaussian (arXiv:2306.00817)
_FIRST_WIDTH = 0.23  # pixels above the least


class GeneratedConv2d(nn.Module):
    """A depthwise convolution of [N, channels, H, W] with a generated kernel of ``side`` taps."""

    def __init__(self, channels: int, side: int, bias: bool):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None
        self.channels, self.side, self.use_bias = channels, side, bias

    def kernel(self) -> Tensor:
        """Return the dense kernel [channels, side, side]."""
        raise TypeError(f"{type(self).__name__} does not define kernel")

    def active_bias(self) -> Tensor | None:
        """Return the bias [channels] where it is in use."""
        return self.bias[: self.channels] if self.use_bias and self.bias is not None else None

    def forward(self, x: Tensor) -> Tensor:
        return depthwise_conv2d(x, self.kernel().unsqueeze(1), self.active_bias(), 1)

    def merged(self) -> nn.Conv2d:
        """Return the convolution with the kernel as its weight, in evaluation mode."""
        c, side, kernel, bias = self.channels, self.side, self.kernel(), self.active_bias()
        like = {"dtype": kernel.dtype, "device": kernel.device}
        conv = nn.Conv2d(c, c, side, padding=side // 2, groups=c, bias=bias is not None, **like)
        with torch.no_grad():
            conv.weight.copy_(kernel.unsqueeze(1))
            if conv.bias is not None and bias is not None:
                conv.bias.copy_(bias)
        return conv.eval()


class SpacedConv2d(GeneratedConv2d):
    """Each channel has ``elements`` weights at learned real positions (DCLS, arXiv:2112.03740).

    ``positions`` [2, channels, elements] are rows and columns, kept inside the kernel; ``widths`` are those of
    the Gaussians, None for bilinear interpolation.
    """

    def __init__(self, channels: int, side: int, elements: int, gaussian: bool, bias: bool):
        super().__init__(channels, side, bias)
        self.weight = nn.Parameter(torch.empty(channels, elements))
        nn.init.trunc_normal_(self.weight, std=(2.0 / elements) ** 0.5)
        self.positions = nn.Parameter(torch.empty(2, channels, elements))
        nn.init.normal_(self.positions, std=0.5)
        self.widths = nn.Parameter(torch.full((2, channels, elements), _FIRST_WIDTH)) if gaussian else None
        self.elements, self.gaussian = elements, gaussian

    def kernel(self) -> Tensor:
        weight, positions = self.weight[: self.channels, : self.elements], self._of_elements(self.positions)
        half = self.side // 2
        taps = torch.arange(-half, half + 1, device=weight.device, dtype=weight.dtype).view(-1, 1)
        distances = (taps - positions.clamp(-half, half).unsqueeze(2)).abs()
        rows, columns = self._shares(distances)
        return torch.bmm(rows * weight.unsqueeze(1), columns.transpose(1, 2))

    def _of_elements(self, full: Tensor) -> Tensor:
        return full[:, : self.channels, : self.elements]

    def _shares(self, distances: Tensor) -> Tensor:
        """Return how much of each element each row and column has: [2, channels, side, elements], both."""
        if not self.gaussian or self.widths is None:
            return (1 - distances).clamp(min=0)
        widths = self._of_elements(self.widths).abs() + _LEAST_WIDTH
        shares = (-0.5 * (distances / widths.unsqueeze(2)).square()).exp()
        return shares / shares.sum(2, keepdim=True)


class ElasticSpacedConv2d(SpacedConv2d, Elastic):
    """Prefixes of channels and elements, the centre of the grid, either interpolation."""

    def configure(self, channels: int, side: int, elements: int, gaussian: bool, bias: bool) -> None:
        """Choose the active channels, grid, elements, interpolation and bias."""
        self.channels, self.side, self.elements = channels, side, elements
        self.gaussian, self.use_bias = gaussian, bias

    def frozen(self) -> SpacedConv2d:
        plain = SpacedConv2d(self.channels, self.side, self.elements, self.gaussian, self.use_bias)
        with torch.no_grad():
            plain.weight.copy_(self.weight[: self.channels, : self.elements])
            plain.positions.copy_(self._of_elements(self.positions))
            if plain.widths is not None and self.widths is not None:
                plain.widths.copy_(self._of_elements(self.widths))
            if plain.bias is not None and self.bias is not None:
                plain.bias.copy_(self.bias[: self.channels])
        return plain


class PointConv2d(GeneratedConv2d):
    """Weights of ``points`` that spread as cones (in L1 distance) around learned positions (arXiv:2304.02330).

    ``positions`` [points, 2] and ``radii`` [points] in pixels are those of all channels.
    """

    def __init__(self, channels: int, side: int, points: int):
        super().__init__(channels, side, bias=False)
        half = side // 2
        self.weight = nn.Parameter(torch.empty(channels, points))
        nn.init.trunc_normal_(self.weight, std=0.02)
        self.positions = nn.Parameter(torch.empty(points, 2))
        nn.init.trunc_normal_(self.positions, std=0.2 * half, a=-half, b=half)
        self.radii = nn.Parameter(torch.full((points,), 2 * (side - 1) / side))
        self.points = points

    def kernel(self) -> Tensor:
        half, points = self.side // 2, self.points
        taps = torch.arange(-half, half + 1, device=self.weight.device, dtype=self.weight.dtype)
        rows, columns = (self.positions[:points].unsqueeze(2) - taps).abs().unbind(1)
        distances = rows.unsqueeze(2) + columns.unsqueeze(1)
        radii = self.radii[:points].clamp(1e-3 * half, half).view(-1, 1, 1)
        cones = (1 - distances / radii).clamp(min=0)
        return (self.weight[: self.channels, :points] @ cones.flatten(1)).unflatten(1, (self.side, self.side))


class ElasticPointConv2d(PointConv2d, Elastic):
    """Prefixes of channels and points, the centre of the kernel."""

    def configure(self, channels: int, side: int, points: int) -> None:
        """Choose the active channels, kernel and points."""
        self.channels, self.side, self.points = channels, side, points

    def frozen(self) -> PointConv2d:
        plain = PointConv2d(self.channels, self.side, self.points)
        with torch.no_grad():
            plain.weight.copy_(self.weight[: self.channels, : self.points])
            plain.positions.copy_(self.positions[: self.points])
            plain.radii.copy_(self.radii[: self.points])
        return plain
