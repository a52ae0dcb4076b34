"""Every form of depthwise convolution against torch in float64."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from supernet.depthwise import FORMS, depthwise_conv2d
from supernet.depthwise.forms import vector

# images, channels, (height, width), (kernel rows, columns), dilation
CASES = [
    (2, 40, (28, 28), (7, 7), 1),
    (3, 5, (9, 12), (3, 3), 1),
    (1, 16, (14, 14), (31, 31), 1),  # wider than the image
    (2, 33, (20, 17), (5, 5), 3),
    (2, 16, (8, 8), (1, 11), 1),
    (2, 16, (8, 8), (11, 1), 2),
    (1, 3, (1, 1), (5, 5), 2),
    (2, 7, (33, 35), (13, 9), 1),
    (1, 18, (40, 40), (21, 21), 2),
    (2, 4, (5, 3), (1, 1), 1),
    (2, 20, (6, 75), (3, 7), 1),  # wide enough for parts that meet no end of a line
    (1, 17, (9, 70), (9, 5), 2),
    (1, 16, (40, 40), (61, 61), 1),  # taps in several tiles
    (3, 16, (10, 1), (9, 1), 1),
]


def close(found: Tensor, expected: Tensor) -> None:
    """Assert what the issue asks of float32: 1e-5, relative to the largest number."""
    scale = float(expected.abs().max())
    torch.testing.assert_close(found.double() / scale, expected / scale, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_equals_torch_in_float64(name: str, case: tuple) -> None:
    images, channels, side, kernel, dilation = case
    form, generator = FORMS[name], torch.Generator().manual_seed(1)
    if not form.takes(torch.device("cpu"), torch.float32):
        pytest.skip(f"{name} does not run on this processor")
    x, towards = (torch.randn(images, channels, *side, generator=generator) for _ in range(2))
    weight, bias = torch.randn(channels, 1, *kernel, generator=generator), torch.randn(channels, generator=generator)
    exact, kernels = x.double().requires_grad_(), weight.double().requires_grad_()
    padding = [dilation * (k // 2) for k in kernel]
    y = F.conv2d(exact, kernels, bias.double(), 1, padding, dilation, channels)
    to_x, to_weight = torch.autograd.grad(y, (exact, kernels), towards.double())
    for layout in (torch.channels_last, torch.contiguous_format):
        one, other = x.contiguous(memory_format=layout), towards.contiguous(memory_format=layout)
        close(form.forward(one, weight, bias, dilation), y.detach())
        close(form.input_gradient(other, weight, dilation), to_x)
        close(form.weight_gradient(one, other, kernel, dilation), to_weight)


@pytest.mark.parametrize("name", FORMS)
def test_taps_that_never_meet_the_image_have_no_gradient(name: str) -> None:
    x, towards = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 4, 4)
    gradient = FORMS[name].weight_gradient(x, towards, (11, 11), 1)
    assert gradient.shape == (3, 1, 11, 11)
    for outer in (gradient[:, :, [0, 1, 9, 10]], gradient[..., [0, 1, 9, 10]]):
        assert outer.abs().max() < 1e-5
    assert gradient[:, :, 5, 5].abs().min() > 1e-5


def test_vector_runs_on_this_processor() -> None:
    """Others than x86-64 and ARM may lack it; where it is expected a silent fallback would hide a fault."""
    assert FORMS["vector"].takes(torch.device("cpu"), torch.float32)
    assert not FORMS["vector"].takes(torch.device("cpu"), torch.float64)
    assert not FORMS["vector"].takes(torch.device("meta"), torch.float32)


def test_without_a_compiler_torch_computes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    x, weight = torch.randn(2, 4, 8, 8, requires_grad=True), torch.randn(4, 1, 7, 7, requires_grad=True)
    quick = torch.autograd.grad(depthwise_conv2d(x, weight, None, 1).square().sum(), (x, weight))
    monkeypatch.setattr(type(FORMS["vector"]), "takes", lambda *arguments: False)
    from supernet.depthwise import DepthwiseTable, use_table

    with use_table(DepthwiseTable()):  # forgets what was chosen
        plain = torch.autograd.grad(depthwise_conv2d(x, weight, None, 1).square().sum(), (x, weight))
    for one, other in zip(quick, plain, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_a_compiler_that_fails_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(line: object) -> None:
        raise RuntimeError("no such processor")

    monkeypatch.setattr("supernet.depthwise.forward_code.forward_code", broken)
    vector._compiles.cache_clear()
    try:
        with pytest.warns(RuntimeWarning, match="no machine code.*no such processor"):
            assert not FORMS["vector"].takes(torch.device("cpu"), torch.float32)
        assert not FORMS["vector"].takes(torch.device("cpu"), torch.float32)
    finally:
        vector._compiles.cache_clear()
