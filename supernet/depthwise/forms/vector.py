"""The form in machine code (`supernet.depthwise.forward_code`, `weight_code`): quick from 5 taps on, and dilated."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from supernet.depthwise.forms._form import Form

if TYPE_CHECKING:
    from supernet.depthwise.products import Line

_SMALL = 2_000_000  # products: less is not worth a second thread


class Vector(Form):
    """CPUs, float32 in channels-last memory; smaller types are computed in float32."""

    name = "vector"

    def takes(self, device: torch.device, dtype: torch.dtype) -> bool:
        return device.type == "cpu" and dtype in (torch.float32, torch.bfloat16, torch.float16) and _compiles()

    def forward(self, x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
        return _convolved(x, weight, bias, dilation, turned=False)

    def input_gradient(self, gradient: Tensor, weight: Tensor, dilation: int) -> Tensor:
        return _convolved(gradient, weight, None, dilation, turned=True)

    def weight_gradient(self, x: Tensor, gradient: Tensor, kernel: tuple[int, int], dilation: int) -> Tensor:
        from supernet.depthwise.llvm_code import lanes
        from supernet.depthwise.weight_code import weight_code, weight_space

        kind, x, gradient = x.dtype, _ready(x), _ready(gradient)
        images, channels, height, width = x.shape
        plan = _plan(tuple(kernel), (height, width), dilation)
        result = (x.new_zeros if any(plan.outside) else x.new_empty)(channels, 1, *kernel)
        run = weight_code(plan.line)

        def part(first: int, last: int) -> None:
            space = x.new_empty(weight_space(plan.line, plan.together, last - first, height, plan.rows))
            addresses = [t.data_ptr() for t in (x, gradient, result, space)]
            run(*addresses, first, last, plan.together, channels, height, *kernel, *plan.outside, images)

        # by blocks of channels, so that the order of each sum does not depend on the threads
        _in_parts(part, -(-channels // lanes()), x.numel() * plan.rows * plan.line.taps)
        return result.to(kind)


class _Plan(NamedTuple):
    """What a shape decides: the code, rows and columns at each end of a kernel that never meet an image, the rows of
    the kernel that remain, and how many blocks of channels are copied together."""

    line: Line
    outside: tuple[int, int]
    rows: int
    together: int


@cache
def _plan(kernel: tuple[int, int], side: tuple[int, int], dilation: int) -> _Plan:
    from supernet.depthwise.blocks import group
    from supernet.depthwise.products import Line

    above, beside = (max(0, k // 2 - (length - 1) // dilation) for k, length in zip(kernel, side, strict=True))
    line = Line(side[1], kernel[1] - 2 * beside, dilation)
    return _Plan(line, (above, beside), kernel[0] - 2 * above, group(*side))


def _convolved(x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int, turned: bool) -> Tensor:
    from supernet.depthwise.forward_code import forward_code, forward_space

    kind, x, weight = x.dtype, _ready(x), weight.detach().float().contiguous()
    images, channels, height, width = x.shape
    kernel = (weight.shape[2], weight.shape[3])
    plan = _plan(kernel, (height, width), dilation)
    biases = None if bias is None else bias.detach().float().contiguous()
    y = torch.empty_like(x)
    run = forward_code(plan.line)

    def part(first: int, last: int) -> None:
        space = x.new_empty(forward_space(plan.line, plan.together, channels, height, plan.rows))
        addresses = x.data_ptr(), weight.data_ptr(), 0 if biases is None else biases.data_ptr(), y.data_ptr()
        sizes = channels, height, *kernel, *plan.outside, turned
        run(*addresses, space.data_ptr(), first, last, plan.together, *sizes)

    _in_parts(part, images, x.numel() * plan.rows * plan.line.taps)
    return y.to(kind)


@cache
def _compiles() -> bool:
    """Return whether there is a compiler for this processor; without it other forms do."""
    try:
        from supernet.depthwise.forward_code import forward_code
        from supernet.depthwise.products import Line

        forward_code(Line(1, 1, 1))
    except Exception as error:  # LLVM on a processor that nobody tried
        warnings.warn(
            f"no machine code for depthwise convolutions here ({type(error).__name__}: {error}); "
            "training large kernels is slower, with the same results",
            RuntimeWarning,
            stacklevel=2,
        )
        return False
    return True


def _ready(x: Tensor) -> Tensor:
    return x.detach().float().contiguous(memory_format=torch.channels_last)


def _in_parts(run: Callable[[int, int], None], count: int, products: int) -> None:
    """Run over ``count`` things, as many parts at once as torch has threads; the code holds no lock of Python's."""
    threads = min(torch.get_num_threads(), count)
    if threads < 2 or products < _SMALL:
        run(0, count)
        return
    ends = [count * part // threads for part in range(threads + 1)]
    others = [_pool(os.getpid()).submit(run, *both) for both in zip(ends[1:], ends[2:], strict=False)]
    run(ends[0], ends[1])
    for other in others:
        other.result()


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    """Return the threads of a process: those of its parent do not live in a child."""
    return ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1), thread_name_prefix="depthwise")
