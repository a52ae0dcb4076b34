"""Depthwise convolution whose gradient is quick for large and dilated kernels on a CPU.

torch 2.13 on a CPU takes 566 ms for the weight gradient of a 15 x 15 kernel (128 x 32 x 16 x 16, one thread)
and 13 ms for the input gradient; the forms below take 20 ms and 5 ms (`benchmarks/depthwise.py`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


def depthwise_conv2d(x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
    """Convolve x [N,C,H,W] with weight [C,1,kh,kw] (odd sides) at stride 1, keeping H and W."""
    slow = dilation > 1 or _by_rows(x, weight, dilation)
    if slow and weight.requires_grad and torch.is_grad_enabled() and x.device.type == "cpu":
        y = _DepthwiseConv2d.apply(*_autocast(x, weight), dilation)
        return y if bias is None else y + bias.to(y.dtype).view(1, -1, 1, 1)
    return F.conv2d(x, weight, bias, 1, _padding(weight, dilation), dilation, weight.shape[0])


def _by_rows(x: Tensor, weight: Tensor, dilation: int) -> bool:
    """Return whether the row form of the weight gradient is the quicker one, as `benchmarks/depthwise.py` measures."""
    side, taps = max(x.shape[2:]), max(weight.shape[2:])
    if side <= 8:
        return taps >= 5 or dilation > 1
    return taps >= (7 if side <= 16 else 9)


def _autocast(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return both in the type that autocast gives to convolutions; inside a backward pass it does not cast."""
    if not torch.is_autocast_enabled("cpu"):
        return x, weight
    dtype = torch.get_autocast_dtype("cpu")
    return x.to(dtype), weight.to(dtype)


def _padding(weight: Tensor, dilation: int) -> list[int]:
    return [dilation * (side // 2) for side in weight.shape[2:]]


class _DepthwiseConv2d(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, dilation: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.dilation = dilation
        return F.conv2d(x, weight, None, 1, _padding(weight, dilation), dilation, weight.shape[0])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, weight = ctx.saved_tensors
        # A gradient of another layout (such as that of a sum) would fall on torch's slow path: 280 against 5 ms.
        gradient = gradients[0].contiguous(memory_format=torch.channels_last)
        padding = _padding(weight, ctx.dilation)
        # At stride 1 with odd kernels the input gradient is a convolution with the turned kernel.
        turned = weight.flip(2, 3)
        towards_x = F.conv2d(gradient, turned, None, 1, padding, ctx.dilation, weight.shape[0])
        if _by_rows(x, weight, ctx.dilation):
            towards_weight = weight_gradient(x, gradient, tuple(weight.shape[2:]), ctx.dilation)
        else:
            towards_weight = _native_weight_gradient(x, gradient, weight, ctx.dilation)
        return towards_x, towards_weight, None


def _native_weight_gradient(x: Tensor, gradient: Tensor, weight: Tensor, dilation: int) -> Tensor:
    padding, channels = _padding(weight, dilation), weight.shape[0]
    arguments = ([1, 1], padding, [dilation, dilation], False, [0, 0], channels, [False, True, False])
    return torch.ops.aten.convolution_backward(gradient, x, weight, None, *arguments)[1]


def weight_gradient(x: Tensor, gradient: Tensor, kernel: tuple[int, ...], dilation: int) -> Tensor:
    """Return the gradient [C,1,kh,kw] of a depthwise kernel from x and gradient [N,C,H,W].

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
