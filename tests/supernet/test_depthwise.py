"""The quick gradients of large and dilated depthwise kernels equal those of torch."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from supernet.depthwise import depthwise_conv2d, weight_gradient


@pytest.mark.parametrize("kernel", [(3, 3), (5, 5), (7, 7), (15, 15), (1, 11), (11, 1)])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("side", [(7, 7), (12, 9)])
def test_equals_torch(kernel: tuple[int, int], dilation: int, side: tuple[int, int]) -> None:
    x = torch.randn(3, 5, *side, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(5, 1, *kernel, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(5, dtype=torch.float64, requires_grad=True)
    padding = [dilation * (k // 2) for k in kernel]
    expected = F.conv2d(x, weight, bias, 1, padding, dilation, 5)
    found = depthwise_conv2d(x, weight, bias, dilation)
    torch.testing.assert_close(found, expected)
    towards = torch.randn_like(expected)
    pairs = zip(
        torch.autograd.grad(found, (x, weight, bias), towards),
        torch.autograd.grad(expected, (x, weight, bias), towards),
        strict=True,
    )
    for one, other in pairs:
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize(("kernel", "dilation"), [(3, 2), (9, 1)])
def test_equals_torch_under_autocast(kernel: int, dilation: int) -> None:
    x = torch.randn(2, 4, 8, 8, requires_grad=True)
    weight = torch.randn(4, 1, kernel, kernel, requires_grad=True)
    bias = torch.randn(4, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        expected = F.conv2d(x, weight, bias, 1, dilation * (kernel // 2), dilation, 4)
        found = depthwise_conv2d(x, weight, bias, dilation)
    assert found.dtype == expected.dtype == torch.bfloat16
    torch.testing.assert_close(found, expected, rtol=0.02, atol=0.1)
    towards = torch.randn_like(expected)
    for one, other in zip(
        torch.autograd.grad(found, (x, weight, bias), towards),
        torch.autograd.grad(expected, (x, weight, bias), towards),
        strict=True,
    ):
        assert one.dtype == torch.float32
        torch.testing.assert_close(one, other, rtol=0.02, atol=0.02 * float(other.abs().max()))


def test_weight_gradient_of_taps_that_never_meet_the_image_is_zero() -> None:
    x, towards = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 4, 4)
    gradient = weight_gradient(x, towards, (11, 11), 1)
    assert gradient.shape == (3, 1, 11, 11)
    assert not gradient[:, :, [0, 1, 9, 10]].any() and not gradient[..., [0, 1, 9, 10]].any()
    assert gradient[:, :, 5, 5].all()
