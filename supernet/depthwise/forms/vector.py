"""The forms in machine code (`supernet.depthwise.machine_code`): quick for kernels from 5, and for dilated ones."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import torch
from torch import Tensor

from supernet.depthwise.forms._form import Form

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
        from supernet.depthwise import machine_code as code

        kind, x, gradient = x.dtype, _ready(x), _ready(gradient)
        images, channels, height, width = x.shape
        outside, inner = _meeting(kernel, (height, width), dilation)
        # of narrow tiles fewer products meet the zeros beside an image
        tile = _tile(inner[1], code.widest() // 2 if inner[1] > width else code.widest())
        lanes = code.lanes()
        line, ahead = -(-inner[1] // tile) * tile, code.ahead(tile)
        row = width + line * dilation + ahead
        together, blocks = code.group(height, row), -(-channels // lanes)
        floats = together * height * (row + width + ahead)
        result = (x.new_zeros if any(outside) else x.new_empty)(channels, 1, *kernel)
        run = code.weight_code(tile, dilation)

        def part(first: int, last: int) -> None:
            space = x.new_empty(((last - first) * inner[0] * line + floats) * lanes)
            addresses = [t.data_ptr() for t in (x, gradient, result, space)]
            run(*addresses, first, last, together, channels, height, width, *kernel, *outside, images)

        # by blocks of channels, so that the order of each sum does not depend on the threads
        _in_parts(part, blocks, x.numel() * inner[0] * inner[1])
        return result.to(kind)


def _convolved(x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int, turned: bool) -> Tensor:
    from supernet.depthwise import machine_code as code

    kind, x, weight = x.dtype, _ready(x), weight.detach().float().contiguous()
    images, channels, height, width = x.shape
    kernel, lanes = weight.shape[2:], code.lanes()
    outside, inner = _meeting(kernel, (height, width), dilation)
    row = width + 2 * (inner[1] // 2) * dilation
    together = code.group(height, row)
    floats = -(-channels // lanes) * inner[0] * inner[1] + together * height * row
    biases = None if bias is None else bias.detach().float().contiguous()
    y = torch.empty_like(x)
    run = code.forward_code(_tile(width, code.widest()))

    def part(first: int, last: int) -> None:
        space = x.new_empty(floats * lanes)
        addresses = x.data_ptr(), weight.data_ptr(), 0 if biases is None else biases.data_ptr(), y.data_ptr()
        sizes = channels, height, width, *kernel, *outside, dilation, turned
        run(*addresses, space.data_ptr(), first, last, together, *sizes)

    _in_parts(part, images, x.numel() * inner[0] * inner[1])
    return y.to(kind)


@cache
def _compiles() -> bool:
    """Return whether there is a compiler for this processor; without it other forms do."""
    try:
        from supernet.depthwise import machine_code

        machine_code.forward_code(1)
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


def _meeting(kernel: Sequence[int], sides: Sequence[int], dilation: int) -> tuple[list[int], list[int]]:
    """Return rows and columns at each end of a kernel that never meet an image, and what remains of its sides."""
    outside = [max(0, k // 2 - (side - 1) // dilation) for k, side in zip(kernel, sides, strict=True)]
    return outside, [k - 2 * out for k, out in zip(kernel, outside, strict=True)]


def _tile(length: int, most: int) -> int:
    """Return how many of a row to take at a time: even parts, none above ``most``."""
    return -(-length // -(-length // most))


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
