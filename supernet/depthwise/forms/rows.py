"""The gradient of the kernel by products of matrices: for each vertical offset all pairs of columns at once."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from supernet.depthwise.forms.stock import Stock


class Rows(Stock):
    """Torch alone, any type of numbers; the forward pass is the stock one."""

    name, own = "rows", ("weight",)

    def weight_gradient(self, x: Tensor, gradient: Tensor, kernel: tuple[int, int], dilation: int) -> Tensor:
        """Return the gradient [C,1,KH,KW].

        For each vertical offset one batched matrix product over (rows, images) gives all pairs of columns; the
        sums along their diagonals are the horizontal offsets.
        """
        _, channels, height, width = x.shape
        rows, towards = _rows(x), _rows(gradient)
        products = x.new_zeros(channels, kernel[0], width, width)
        for i in range(kernel[0]):
            offset = (i - kernel[0] // 2) * dilation
            low, high = max(0, -offset), min(height, height - offset)
            if low < high:
                left = towards[:, low:high].reshape(channels, -1, width).transpose(1, 2)
                right = rows[:, low + offset : high + offset].reshape(channels, -1, width)
                products[:, i] = torch.bmm(left, right)
        return _diagonal_sums(products, kernel[1], dilation).unsqueeze(1)


def _rows(x: Tensor) -> Tensor:
    """Return [C,H,N,W] of [N,C,H,W]; from channels-last memory two steps are quicker than one."""
    return x.contiguous().permute(1, 2, 0, 3).contiguous()


def _diagonal_sums(products: Tensor, taps: int, dilation: int) -> Tensor:
    """Sum [C,k,W,W] along the diagonals at the taps' offsets: [C,k,taps]."""
    channels, kernel, width, _ = products.shape
    pad = dilation * (taps // 2)
    padded = F.pad(products, (pad, pad))
    line = width + 2 * pad
    strides = (kernel * width * line, width * line, dilation, line + 1)
    return padded.as_strided((channels, kernel, taps, width), strides).sum(-1)
