"""How the machine code sees tensors: channels in blocks, of as many as a vector has lanes, so that lanes are channels.

An image is copied block by block, lines one after the other; a kernel is written with its taps in that form.
"""

from __future__ import annotations

from typing import Any

from supernet.depthwise.llvm_code import FLOAT, Code, lanes

KERNEL = ("kernel_height", "kernel_width", "above", "beside")  # its sides, and what is left out at each end
CACHED = 1 << 18  # floats of copied images: a MiB


def group(height: int, width: int) -> int:
    """Return how many blocks of an image are copied together, so that memory is read in its order and fits a cache."""
    return max(1, min(8, CACHED // (height * width * lanes())))


def zeroed(code: Code, start: Any, count: Any) -> None:
    """Fill a number of floats, a multiple of the lanes, with zeros."""
    with code.loop(0, count, lanes()) as place:
        code.store(code.zeros(), code.at(start, place))


def blocks(code: Code) -> Any:
    """Return how many blocks the channels make."""
    return code.quotient(code.add(code.channels, lanes() - 1), lanes())


def mask(code: Code, block: Any) -> Any:
    """Return which lanes of a block are channels."""
    return code.some(code.least(lanes(), code.minus(code.channels, code.times(block, lanes()))))


def image(code: Code, tensor: Any, width: int, number: Any, block: Any) -> Any:
    """Return where a block of an image begins in [N,H,W,C]."""
    return code.at(tensor, code.times(number, code.height, width, code.channels), code.times(block, lanes()))


def copied(code: Code, source: Any, width: int, target: Any, each: Any, first: Any, count: Any) -> None:
    """Copy ``count`` blocks of an image [H,W,C], the first at ``source``, to ``target``, ``each`` floats apart."""
    left = code.minus(code.channels, code.times(first, lanes()))
    whole = code.least(count, code.quotient(left, lanes()))
    rest = code.some(code.minus(left, code.times(whole, lanes())))
    with code.loop(0, code.times(code.height, width)) as place:
        start, to = code.at(source, code.times(place, code.channels)), code.at(target, code.times(place, lanes()))
        for low, high, load in ((0, whole, code.load), (whole, count, lambda at: code.masked_load(at, rest))):
            with code.loop(low, high) as block:
                found = load(code.at(start, code.times(block, lanes())))
                code.store(found, code.at(to, code.times(block, each)), 4 * lanes())


def height(code: Code) -> Any:
    """Return the rows of the kernel that are computed: without ``above`` rows at each end."""
    return code.minus(code.kernel_height, code.times(2, code.above))


def packed(code: Code, target: Any, taps: int) -> None:
    """Write the kernel [C,KH,KW], read backwards where ``turned`` is 1, as [blocks,height,taps,lanes]."""
    zeroed(code, target, code.times(blocks(code), height(code), taps * lanes()))
    turned = code.builder.icmp_signed("==", code.turned, code.number(1))
    step = code.builder.select(turned, code.number(-1), code.number(1))
    end = code.minus(code.times(code.kernel_height, code.kernel_width), 1)
    with code.loop(0, code.channels) as c, code.loop(0, height(code)) as kh:
        source = _row(code, code.weight, c, kh)
        # the same row from the other end of the kernel
        back = code.minus(end, code.times(2, _place(code, kh)))
        source = code.at(source, code.builder.select(turned, back, code.number(0)))
        to = _lane(code, target, c, kh, taps)
        with code.loop(0, taps) as kw:
            value = code.builder.load(code.at(source, code.times(kw, step)), typ=FLOAT)
            code.builder.store(value, code.at(to, code.times(kw, lanes())))


def unpacked(code: Code, source: Any, taps: int) -> None:
    """Write sums [blocks,height,taps,lanes] of the blocks from ``first`` to ``last`` to the kernel [C,KH,KW]."""
    first, last = code.times(code.first, lanes()), code.least(code.channels, code.times(code.last, lanes()))
    with code.loop(first, last) as c, code.loop(0, height(code)) as kh:
        start, to = _lane(code, source, code.minus(c, first), kh, taps), _row(code, code.result, c, kh)
        with code.loop(0, taps) as kw:
            value = code.builder.load(code.at(start, code.times(kw, lanes())), typ=FLOAT)
            code.builder.store(value, code.at(to, kw))


def _place(code: Code, kh: Any) -> Any:
    """Return the place in a kernel [KH,KW] of the first tap of a row that is computed."""
    return code.add(code.times(code.add(kh, code.above), code.kernel_width), code.beside)


def _row(code: Code, kernel: Any, c: Any, kh: Any) -> Any:
    return code.at(kernel, code.times(c, code.kernel_height, code.kernel_width), _place(code, kh))


def _lane(code: Code, packed: Any, c: Any, kh: Any, taps: int) -> Any:
    """Return the place of a channel's first tap of a row in [blocks,height,taps,lanes]."""
    block, lane = code.quotient(c, lanes()), code.builder.srem(c, code.number(lanes()))
    return code.at(packed, code.times(code.add(code.times(block, height(code)), kh), taps * lanes()), lane)
