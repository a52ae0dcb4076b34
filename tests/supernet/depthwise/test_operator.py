"""The operator of large and dilated depthwise kernels equals that of torch, wherever it runs."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses import FakeTensorMode
from torch.nn import functional as F

from supernet.depthwise import Case, depthwise_conv2d, recorded


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


def inputs(kernel: int, dtype: torch.dtype = torch.float64, side: int = 6) -> tuple[Tensor, Tensor, Tensor]:
    """Return x, weight and bias that are to be differentiated."""
    generator = torch.Generator().manual_seed(0)
    shapes = [(2, 3, side, side), (3, 1, kernel, kernel), (3,)]
    made = [torch.randn(shape, generator=generator, dtype=dtype).requires_grad_() for shape in shapes]
    return made[0], made[1], made[2]


@pytest.mark.parametrize(("kernel", "dilation"), [(7, 1), (3, 2), (9, 1)])
def test_derivatives_are_those_of_differences(kernel: int, dilation: int) -> None:
    def convolve(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return depthwise_conv2d(x, weight, bias, dilation)

    assert torch.autograd.gradcheck(convolve, inputs(kernel))
    assert torch.autograd.gradgradcheck(convolve, inputs(kernel))


def test_torch_finds_the_operators_well_formed() -> None:
    x, weight, bias = inputs(7, torch.float32)
    towards = torch.randn(2, 3, 6, 6).contiguous(memory_format=torch.channels_last)
    for name, arguments in (
        ("depthwise", (x, weight, bias, 1)),
        ("depthwise_input", (towards, weight, 1)),
        ("depthwise_weight", (x, towards, [7, 7], 1)),
    ):
        torch.library.opcheck(getattr(torch.ops.nas, name).default, arguments)


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        _, self.weight, self.bias = map(nn.Parameter, inputs(7, torch.float32))

    def forward(self, x: Tensor) -> Tensor:
        return depthwise_conv2d(x, self.weight, self.bias, 1).relu()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch warns of its own parts
def test_compiled_equals_eager() -> None:
    layer, x = Layer(), inputs(7, torch.float32)[0]
    compiled = torch.compile(layer, backend="aot_eager", fullgraph=True)
    for one, other in zip(
        torch.autograd.grad(compiled(x).square().sum(), (x, layer.weight, layer.bias)),
        torch.autograd.grad(layer(x).square().sum(), (x, layer.weight, layer.bias)),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


def test_an_exported_graph_has_torch_s_own_operator() -> None:
    program = torch.export.export(Layer(), (torch.randn(2, 3, 6, 6),))
    targets = [str(node.target) for node in program.graph.nodes]
    assert any("conv2d" in target for target in targets) and not any("nas" in target for target in targets)


def test_tracers_see_shapes_without_computing() -> None:
    with FakeTensorMode():
        x = torch.empty(2, 3, 6, 6, requires_grad=True)
        weight = torch.empty(3, 1, 7, 7, requires_grad=True)
        y = depthwise_conv2d(x, weight, None, 1)
        found = torch.autograd.grad(y, (x, weight), torch.empty_like(y))
    assert y.shape == x.shape and [g.shape for g in found] == [x.shape, weight.shape]


@pytest.mark.parametrize("kernel", [5, 13])
def test_neither_threads_nor_layout_nor_repetition_change_a_number(kernel: int) -> None:
    x = torch.randn(3, 40, 30, 30, requires_grad=True)
    weight = torch.randn(40, 1, kernel, kernel, requires_grad=True)
    towards = torch.randn_like(x)
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            for layout in (torch.contiguous_format, torch.channels_last):
                one = x.detach().contiguous(memory_format=layout).requires_grad_()
                y = depthwise_conv2d(one, weight, None, 1)
                found.append((y, *torch.autograd.grad(y, (one, weight), towards)))
    finally:
        torch.set_num_threads(before)
    for others in found[1:]:
        assert all(torch.equal(one, other) for one, other in zip(found[0], others, strict=True))


def test_a_gradient_in_any_memory_is_taken() -> None:
    x = torch.randn(2, 4, 8, 8, requires_grad=True)
    weight = torch.randn(4, 1, 7, 7, requires_grad=True)
    depthwise_conv2d(x, weight, None, 1).sum().backward()  # expanded from one number
    expected = torch.autograd.grad(F.conv2d(x, weight, None, 1, 3, 1, 4).sum(), (x, weight))
    torch.testing.assert_close(x.grad, expected[0])
    torch.testing.assert_close(weight.grad, expected[1], rtol=1e-4, atol=1e-4)


def test_what_is_asked_for_is_recorded() -> None:
    x, weight, _ = inputs(7, torch.float32)
    with recorded() as cases:
        depthwise_conv2d(x, weight, None, 1).sum().backward()
    assert list(cases) == [Case((7, 7), 1, (6, 6), 3, 2, "float32", "cpu")]
