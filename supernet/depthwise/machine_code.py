"""Depthwise convolution in machine code that LLVM makes for this processor when it is first needed.

Lanes of a vector are channels. An image is copied, as many channels as a vector has lanes at a time, into rows with
zeros at both ends; in them every offset of a kernel, dilated or not, is a fixed distance. A tile of outputs (of taps,
for the gradient of a kernel) stays in registers while the kernel (the image) passes by: one load an operation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from llvmlite import ir

from supernet.depthwise.llvm_code import FLOAT, POINTER, Code, compiled, lanes, widest


@cache
def forward_code(tile: int) -> Callable[..., None]:
    """Return the convolution with ``tile`` outputs of a row at a time: a function of addresses and integers.

    Its arguments are `_FORWARD`: x and y [N,H,W,C], weight [C,KH,KW] (read backwards where ``turned`` is 1, without
    ``above`` rows and ``beside`` columns at its ends), bias [C] or 0, ``space`` to work in (the kernel and the copied
    rows), the images from ``first`` to before ``last``, and the sizes; the width must be at least the tile.
    """
    return compiled(f"forward_{tile}", _FORWARD, _POINTERS, lambda code: _forward(code, tile))


@cache
def weight_code(tile: int, dilation: int) -> Callable[..., None]:
    """Return the gradient of the kernel, ``tile`` taps of a row at a time: a function of addresses and integers.

    Its arguments are `_WEIGHT`: x and gradient [N,H,W,C], result [C,KH,KW] (zeros, whose ``above`` rows and ``beside``
    columns at the ends stay), ``space`` to work in (the sums and the copied rows of both), the blocks of channels from
    ``first`` to before ``last``, and the sizes.
    """
    return compiled(f"weight_{tile}_{dilation}", _WEIGHT, _POINTERS, lambda code: _weight(code, tile, dilation))


def ahead(tile: int) -> int:
    """Return how many positions of a row `weight_code` takes at once, so that enough sums are independent."""
    return max(1, min(8, widest() // 2) // tile)


def group(height: int, row: int) -> int:
    """Return how many blocks of channels are copied together, so that memory is read in its order and fits a cache."""
    return max(1, min(8, _CACHED // (height * row * lanes())))


_CACHED = 1 << 18  # floats of copied rows: a MiB
_SIZES = ("channels", "height", "width", "kernel_height", "kernel_width", "above", "beside")
_FORWARD = ("x", "weight", "bias", "y", "space", "first", "last", "together", *_SIZES, "dilation", "turned")
_WEIGHT = ("x", "gradient", "result", "space", "first", "last", "together", *_SIZES, "images")
_POINTERS = {"x", "weight", "bias", "y", "gradient", "result", "space"}


def _zeroed(code: Code, start: Any, count: Any) -> None:
    """Fill a number of floats, a multiple of the lanes, with zeros."""
    with code.loop(0, count, lanes()) as place:
        code.store(ir.Constant(code.vector, [0.0] * lanes()), code.at(start, place))


def _blocks(code: Code) -> Any:
    return code.quotient(code.add(code.channels, lanes() - 1), lanes())


def _count(code: Code, block: Any) -> Any:
    """Return how many channels a block has."""
    return code.least(lanes(), code.minus(code.channels, code.times(block, lanes())))


def _image(code: Code, tensor: Any, number: Any, block: Any) -> Any:
    """Return where a block of an image's channels begins in [N,H,W,C]."""
    return code.at(tensor, code.times(number, code.height, code.width, code.channels), code.times(block, lanes()))


def _kernel(code: Code) -> tuple[Any, Any]:
    """Return height and width of the kernel that is computed."""
    return (code.minus(code.kernel_height, code.times(2, code.above)),
            code.minus(code.kernel_width, code.times(2, code.beside)))  # fmt: skip


def _copied(code: Code, source: Any, rows: Any, row: Any, margin: Any, first: Any, blocks: Any) -> None:
    """Copy blocks of an image [H,W,C], the first at ``source``, into ``rows`` [blocks,H,row,lanes], after a margin.

    All blocks of a line at a time, so that memory is read in its order.
    """
    left = code.minus(code.channels, code.times(first, lanes()))
    each, whole = code.times(code.height, row, lanes()), code.least(blocks, code.quotient(left, lanes()))
    mask = code.some(code.minus(left, code.times(whole, lanes())))
    with code.loop(0, code.height) as h:
        line = code.at(source, code.times(h, code.width, code.channels))
        target = code.at(rows, code.times(code.add(code.times(h, row), margin), lanes()))
        for low, high, load in ((0, whole, code.load), (whole, blocks, lambda at: code.masked_load(at, mask))):
            with code.loop(low, high) as block, code.loop(0, code.width) as w:
                found = load(code.at(line, code.times(w, code.channels), code.times(block, lanes())))
                code.store(found, code.at(target, code.times(block, each), code.times(w, lanes())), 4 * lanes())


def _packed(code: Code, target: Any, height: Any, width: Any) -> None:
    """Write the kernel [C,KH,KW] as [blocks,height,width,lanes]."""
    _zeroed(code, target, code.times(_blocks(code), height, width, lanes()))
    full = code.times(code.kernel_height, code.kernel_width)
    with code.loop(0, code.channels) as c, code.loop(0, height) as kh, code.loop(0, width) as kw:
        tap = code.add(code.times(code.add(kh, code.above), code.kernel_width), kw, code.beside)
        other = code.minus(code.minus(full, 1), tap)
        turned = code.builder.icmp_signed("==", code.turned, code.number(1))
        tap = code.builder.select(turned, other, tap)
        value = code.builder.load(code.at(code.weight, code.times(c, full), tap), typ=FLOAT)
        block, lane = code.quotient(c, lanes()), code.builder.srem(c, code.number(lanes()))
        place = code.add(
            code.times(code.add(code.times(code.add(code.times(block, height), kh), width), kw), lanes()), lane
        )
        code.builder.store(value, code.at(target, place))


def _forward(code: Code, tile: int) -> None:
    sums = code.sums(tile)
    height, width = _kernel(code)
    margin = code.times(code.quotient(width, 2), code.dilation)
    row = code.add(code.width, margin, margin)
    blocks = _blocks(code)
    _packed(code, code.space, height, width)
    rows = code.at(code.space, code.times(blocks, height, width, lanes()))
    each = code.times(code.height, row, lanes())
    _zeroed(code, rows, code.times(code.together, each))
    with code.loop(code.first, code.last) as number, code.loop(0, blocks, code.together) as first:
        some = code.least(code.together, code.minus(blocks, first))
        _copied(code, _image(code, code.x, number, first), rows, row, margin, first, some)
        with code.loop(0, some) as one:
            block = code.add(first, one)
            taps = code.at(code.space, code.times(block, height, width, lanes()))
            _convolved(code, sums, number, block, code.at(rows, code.times(one, each)), row, taps, (height, width))


def _convolved(
    code: Code, sums: list[Any], number: Any, block: Any, rows: Any, row: Any, taps: Any, kernel: tuple[Any, Any]
) -> None:
    """Convolve one block of an image's channels and write it."""
    tile = len(sums)
    mask = code.some(_count(code, block))
    above = code.times(code.quotient(kernel[0], 2), code.dilation)
    bias, target = _bias(code, block, mask), _image(code, code.y, number, block)
    with code.loop(0, code.height) as h:
        beyond = code.minus(above, h)
        low = code.most(0, code.quotient(code.add(beyond, code.minus(code.dilation, 1)), code.dilation))
        last = code.add(code.minus(code.height, 1), beyond)
        high = code.least(kernel[0], code.add(code.quotient(last, code.dilation), 1))
        tiles = code.quotient(code.add(code.width, tile - 1), tile)
        with code.loop(0, tiles) as place:
            w = code.least(code.times(place, tile), code.minus(code.width, tile))
            for total in sums:
                code.builder.store(bias, total)
            with code.loop(low, high) as kh:
                line = code.minus(h, code.minus(above, code.times(kh, code.dilation)))
                start = code.at(rows, code.times(code.add(code.times(line, row), w), lanes()))
                _outputs(code, sums, start, code.at(taps, code.times(kh, kernel[1], lanes())), kernel[1])
            for t, total in enumerate(sums):
                to = code.times(code.add(code.times(h, code.width), w, t), code.channels)
                code.masked_store(code.builder.load(total, typ=code.vector), code.at(target, to), mask)


def _bias(code: Code, block: Any, mask: Any) -> Any:
    """Return the bias of a block of channels, zeros where there is none."""
    missing = code.builder.icmp_unsigned("==", code.bias, ir.Constant(POINTER, None))
    found = code.variable(code.vector)
    code.builder.store(ir.Constant(code.vector, [0.0] * lanes()), found)
    with code.builder.if_then(code.builder.not_(missing)):
        code.builder.store(code.masked_load(code.at(code.bias, code.times(block, lanes())), mask), found)
    return code.builder.load(found, typ=code.vector)


def _outputs(code: Code, sums: list[Any], start: Any, weights: Any, width: Any) -> None:
    """Add the products of one row of the kernel to a tile of outputs."""
    with code.loop(0, width) as kw:
        weight = code.load(code.at(weights, code.times(kw, lanes())))
        here = code.at(start, code.times(kw, code.dilation, lanes()))
        for t, total in enumerate(sums):
            code.accumulate(total, weight, code.load(code.at(here, t * lanes()), 4 * lanes()))


def _weight(code: Code, tile: int, dilation: int) -> None:
    several = ahead(tile)
    sums = code.sums(tile * several)
    kernel = _kernel(code)
    tiles = code.quotient(code.add(kernel[1], tile - 1), tile)
    margin = code.times(code.quotient(kernel[1], 2), dilation)
    row = code.add(code.width, margin, code.times(code.minus(code.times(tiles, tile), code.quotient(kernel[1], 2)),
                                                  dilation), several)  # fmt: skip
    other_row = code.add(code.width, several)
    count = code.times(code.minus(code.last, code.first), kernel[0], tiles, tile * lanes())
    rows = code.at(code.space, count)
    each, others_each = code.times(code.height, row, lanes()), code.times(code.height, other_row, lanes())
    others = code.at(rows, code.times(code.together, each))
    _zeroed(code, code.space, code.add(count, code.times(code.together, code.add(each, others_each))))
    with code.loop(0, code.images) as number, code.loop(code.first, code.last, code.together) as first:
        some = code.least(code.together, code.minus(code.last, first))
        _copied(code, _image(code, code.x, number, first), rows, row, margin, first, some)
        _copied(code, _image(code, code.gradient, number, first), others, other_row, code.number(0), first, some)
        with code.loop(0, some) as one, code.loop(0, kernel[0]) as kh, code.loop(0, tiles) as place:
            offset = code.times(code.minus(kh, code.quotient(kernel[0], 2)), dilation)
            images = code.at(rows, code.times(one, each)), code.at(others, code.times(one, others_each))
            _taps(code, sums, tile, dilation, images, (row, other_row), offset, place, margin)
            line = code.add(code.times(code.minus(code.add(first, one), code.first), kernel[0]), kh)
            _added(
                code,
                sums,
                tile,
                code.at(code.space, code.times(code.add(code.times(line, tiles), place), tile * lanes())),
            )
    _unpacked(code, kernel, code.times(tiles, tile))


def _added(code: Code, sums: list[Any], tile: int, to: Any) -> None:
    """Add the sums, those of the same tap together, to memory."""
    for t in range(tile):
        total = code.load(code.at(to, t * lanes()))
        for one in sums[t::tile]:
            total = code.builder.fadd(total, code.builder.load(one, typ=code.vector))
        code.store(total, code.at(to, t * lanes()))


def _taps(
    code: Code, sums: list[Any], tile: int, dilation: int, images: tuple[Any, Any], lines: tuple[Any, Any],
    offset: Any, place: Any, margin: Any,
) -> None:  # fmt: skip
    """Sum the products of one tile of taps of a kernel's row over one image."""
    for total in sums:
        code.builder.store(ir.Constant(code.vector, [0.0] * lanes()), total)
    several = len(sums) // tile
    reach = code.times(place, tile * dilation)
    # outside of these columns all taps of the tile meet zeros
    left = code.most(0, code.minus(margin, code.add(reach, (tile - 1) * dilation)))
    right = code.least(code.width, code.minus(code.add(code.width, margin), reach))
    low, high = code.most(0, code.minus(0, offset)), code.least(code.height, code.minus(code.height, offset))
    with code.loop(low, high) as h:
        gradients = code.at(images[1], code.times(h, lines[1], lanes()))
        line = code.times(code.add(h, offset), lines[0])
        start = code.at(images[0], code.times(code.add(line, reach), lanes()))
        with code.loop(left, right, several) as w:
            for u in range(several):
                gradient = code.load(code.at(gradients, code.times(code.add(w, u), lanes())), 4 * lanes())
                for t in range(tile):
                    here = code.at(start, code.times(code.add(w, u + t * dilation), lanes()))
                    code.accumulate(sums[u * tile + t], gradient, code.load(here, 4 * lanes()))


def _unpacked(code: Code, kernel: tuple[Any, Any], line: Any) -> None:
    """Write the sums [blocks,height,line,lanes] as the kernel [C,KH,KW]."""
    first, last = code.times(code.first, lanes()), code.least(code.channels, code.times(code.last, lanes()))
    with code.loop(first, last) as c, code.loop(0, kernel[0]) as kh, code.loop(0, kernel[1]) as kw:
        own = code.minus(c, first)
        block, lane = code.quotient(own, lanes()), code.builder.srem(own, code.number(lanes()))
        place = code.add(
            code.times(code.add(code.times(code.add(code.times(block, kernel[0]), kh), line), kw), lanes()), lane
        )
        value = code.builder.load(code.at(code.space, place), typ=FLOAT)
        tap = code.add(code.times(code.add(kh, code.above), code.kernel_width), kw, code.beside)
        code.builder.store(value, code.at(code.result, code.times(c, code.kernel_height, code.kernel_width), tap))
