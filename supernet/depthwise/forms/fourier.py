"""Products in the frequency domain, whose cost does not depend on the kernel."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from supernet.depthwise.forms._form import Form


class Fourier(Form):
    """For kernels of the size of the image; float32 and float64."""

    name = "fourier"

    def takes(self, device: torch.device, dtype: torch.dtype) -> bool:
        return dtype in (torch.float32, torch.float64)

    def forward(self, x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
        size = _size(x, weight.shape[2:], dilation)
        kernel = x.new_zeros(weight.shape[0], *size)
        kernel[_taps(weight.shape[2:], size, dilation)] = weight[:, 0]
        spectrum = torch.fft.rfft2(x, s=size) * torch.fft.rfft2(kernel).conj()
        y = torch.fft.irfft2(spectrum, s=size)[:, :, : x.shape[2], : x.shape[3]]
        y = y if bias is None else y + bias.view(-1, 1, 1)
        return y.contiguous(memory_format=torch.channels_last)

    def weight_gradient(self, x: Tensor, gradient: Tensor, kernel: tuple[int, int], dilation: int) -> Tensor:
        size = _size(x, kernel, dilation)
        spectrum = (torch.fft.rfft2(gradient, s=size).conj() * torch.fft.rfft2(x, s=size)).sum(0)
        return torch.fft.irfft2(spectrum, s=size)[_taps(kernel, size, dilation)].unsqueeze(1)


def _size(x: Tensor, kernel: tuple[int, ...], dilation: int) -> tuple[int, ...]:
    """Return sides at which offsets that leave the image meet zeros, not its other end."""
    from scipy.fft import next_fast_len  # only those who need it wait for scipy

    reached = (side + dilation * (k // 2) for side, k in zip(x.shape[2:], kernel, strict=True))
    return tuple(next_fast_len(side, real=True) or side for side in reached)


def _taps(kernel: tuple[int, ...], size: tuple[int, ...], dilation: int) -> Any:
    """Return the places of the taps' offsets in a periodic image [C,*size]."""
    rows, columns = ((torch.arange(k) - k // 2).mul(dilation).remainder(s) for k, s in zip(kernel, size, strict=True))
    return slice(None), rows[:, None], columns[None, :]
