"""Machine code of the convolution, which is the gradient of the input too, with the kernel read backwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from llvmlite import ir

from supernet.depthwise import blocks
from supernet.depthwise.llvm_code import POINTER, Code, compiled, lanes
from supernet.depthwise.products import Line, Segment, Use, add_products

_POINTERS = ("x", "weight", "bias", "y", "space")
_SIZES = ("first", "last", "together", "channels", "height", *blocks.KERNEL, "turned")


@cache
def forward_code(line: Line) -> Callable[..., None]:
    """Return the convolution for images and kernels of ``line``: a function of addresses and integers.

    Its arguments are `_POINTERS` and `_SIZES`: x and y [N,H,W,C], weight [C,KH,KW] (read backwards where ``turned`` is
    1, without ``above`` rows and ``beside`` columns at its ends), bias [C] or 0, ``space`` to work in, the images from
    ``first`` to before ``last``, the blocks that are copied together, and the sizes.
    """
    return compiled(f"forward_{line.name}", (*_POINTERS, *_SIZES), _POINTERS, partial(_forward, line))


def forward_space(line: Line, together: int, channels: int, height: int, rows: int) -> int:
    """Return how many floats it needs to work in, for kernels of ``rows`` rows."""
    return (-(-channels // lanes()) * rows * line.taps + together * height * line.width) * lanes()


def _forward(line: Line, code: Code) -> None:
    blocks.packed(code, code.space, line.taps)
    kernel, count = code.times(blocks.height(code), line.taps * lanes()), blocks.blocks(code)
    images, each = code.at(code.space, code.times(count, kernel)), code.times(code.height, line.width * lanes())
    with code.loop(code.first, code.last) as number, code.loop(0, count, code.together) as first:
        some = code.least(code.together, code.minus(count, first))
        source = blocks.image(code, code.x, line.width, number, first)
        blocks.copied(code, source, line.width, images, each, first, some)
        with code.loop(0, some) as one:
            block = code.add(first, one)
            image, taps = code.at(images, code.times(one, each)), code.at(code.space, code.times(block, kernel))
            _block(code, line, image, taps, blocks.image(code, code.y, line.width, number, block), block)


def _block(code: Code, line: Line, image: Any, taps: Any, target: Any, block: Any) -> None:
    """Convolve one block of an image and write it."""
    mask, rows = blocks.mask(code, block), blocks.height(code)
    bias, above = _bias(code, block, mask), code.times(code.quotient(rows, 2), line.dilation)
    with code.loop(0, code.height) as h:
        # rows of the kernel that meet the image
        before, after = code.minus(above, h), code.minus(code.minus(code.height, 1), code.minus(h, above))
        low = code.most(0, code.quotient(code.add(before, line.dilation - 1), line.dilation))
        high = code.least(rows, code.add(code.quotient(after, line.dilation), 1))
        top = code.at(image, code.times(code.minus(h, above), line.width * lanes()))
        for segment in line.segments():
            with code.loop(0, segment.repeats) as repeat:
                shift = code.times(repeat, segment.length)
                sums = code.sums(segment.length, bias)
                with code.loop(low, high) as kh:
                    place = code.add(code.times(kh, line.dilation * line.width), shift)
                    source = code.opaque(code.at(top, code.times(place, lanes())))
                    factors = code.opaque(code.at(taps, code.times(kh, line.taps * lanes())))
                    add_products(code, sums, source, _uses(line, segment, factors))
                place = code.add(code.times(h, line.width), shift, segment.start)
                _written(code, sums, code.at(target, code.times(place, code.channels)), mask)


def _uses(line: Line, segment: Segment, factors: Any) -> list[Use]:
    """Return for each tap of a row what it is multiplied with to give the outputs of a segment."""
    uses = []
    for tap in range(line.taps):
        pairs = [(i, line.place(w, tap)) for i, w in enumerate(segment.places)]
        uses.append(Use(factors, tap, [pair for pair in pairs if 0 <= pair[1] < line.width]))
    return [use for use in uses if use.pairs]


def _written(code: Code, sums: Sequence[Any], target: Any, mask: Any) -> None:
    target = code.opaque(target)
    for total in sums:
        code.masked_store(code.builder.load(total, typ=code.vector), target, mask)
        target = code.at(target, code.channels)


def _bias(code: Code, block: Any, mask: Any) -> Any:
    """Return the bias of a block of channels, zeros where there is none."""
    missing = code.builder.icmp_unsigned("==", code.bias, ir.Constant(POINTER, None))
    [found] = code.sums(1, code.zeros())
    with code.builder.if_then(code.builder.not_(missing)):
        code.builder.store(code.masked_load(code.at(code.bias, code.times(block, lanes())), mask), found)
    return code.builder.load(found, typ=code.vector)
